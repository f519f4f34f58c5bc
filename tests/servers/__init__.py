"""Real servers for tests, benchmarks and fault runs: PostgreSQL, Redis and omnibot itself, each a process of its own.

Nothing here is a fake and nothing needs root or Docker. A server listens on a free loopback port, keeps that port
over `stop()` and `start()`, and dies with the process that started it, even when that one is killed.
"""

from tests.servers.omnibot import OmnibotProcess
from tests.servers.postgres import PostgresServer, postgres_for_tests
from tests.servers.process import ROOT, Process, ServerFailed, ServerMissing, free_port
from tests.servers.redis import RedisServer, flush_redis, redis_for_tests

__all__ = [
    "ROOT",
    "OmnibotProcess",
    "PostgresServer",
    "Process",
    "RedisServer",
    "ServerFailed",
    "ServerMissing",
    "flush_redis",
    "free_port",
    "postgres_for_tests",
    "redis_for_tests",
]

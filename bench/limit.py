"""L, the limit of the embedded case: a bare aiohttp handler that does one idempotent SQLite insert per request (WAL,
synchronous=FULL) through one writer thread with group commit. Nothing of omnibot is in it; everything is measured against it.

    python -m bench.limit PORT FILE
"""

import asyncio
import json
import sqlite3
import sys
import threading
from collections import deque

from aiohttp import web


class Writer:
    """Whatever waits is one commit."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting: deque[tuple[str, str, asyncio.Future[int]]] = deque()
        self._bell = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def insert(self, key: str, text: str) -> "asyncio.Future[int]":
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        with self._bell:
            self._waiting.append((key, text, done))
            self._bell.notify()
        return done

    def _run(self) -> None:
        db = sqlite3.connect(self._path, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, text TEXT)")
        while True:
            with self._bell:
                while not self._waiting:
                    self._bell.wait()
                group = list(self._waiting)
                self._waiting.clear()
            db.execute("BEGIN IMMEDIATE")
            ids = [
                db.execute("INSERT INTO inbox (key, text) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, text)).lastrowid
                for key, text, _ in group
            ]
            db.execute("COMMIT")
            group[0][2].get_loop().call_soon_threadsafe(_settle, group, ids)


def _settle(group: "list[tuple[str, str, asyncio.Future[int]]]", ids: "list[int | None]") -> None:
    for (_, _, done), id in zip(group, ids, strict=True):
        if not done.done():
            done.set_result(id or 0)


def main(port: int, path: str) -> None:
    async def serve() -> None:
        writer = Writer(path)

        async def accept(request: web.Request) -> web.Response:
            body = json.loads(await request.read())
            id = await writer.insert(body["client_id"], body["text"])
            return web.Response(body=b'{"id":%d}' % id, status=202, content_type="application/json")

        application = web.Application()
        application.router.add_post("/messages", accept)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        await asyncio.Event().wait()

    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

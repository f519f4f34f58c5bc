"""kill -9 at the Nth write or sync of a thread, without a hook in the product: strace counts and kills."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.fleet import UNLIMITED, embedded_url, in_thread
from tests.faults.ledger import Ledger, prove, report
from tests.faults.visitors import Crowd
from tests.servers import OmnibotProcess, ServerFailed

# Where a commit becomes durable, where a page is written, where an acknowledgement or an announcement leaves.
# It leaves by `write` with uvloop, and by `sendto` with asyncio's own loop.
SYSCALLS = ("fdatasync", "pwrite64", "write,sendto")
ROUNDS = 6
DEADLINE = 60.0  # seconds of load; the count comes up long before, but where the machine has other work, too


@pytest.fixture(scope="module")
def strace() -> str:
    if shutil.which("strace") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "strace"], capture_output=True, timeout=120)
    found = shutil.which("strace")
    if found is None:
        pytest.fail("Kills at a system call need strace: apt-get install strace.")
    return found


async def test_kills_at_system_calls_lose_and_double_nothing(tmp_path: Path, strace: str) -> None:
    prefix, script = tmp_path / "prefix", tmp_path / "start"
    script.write_text(f'exec $(cat "{prefix}") "{sys.executable}" -m omnibot "$@"\n')
    prefix.write_text("")
    dice = random.Random(9)
    server = OmnibotProcess(tmp_path / "omnibot", sections=UNLIMITED, command=("sh", script))
    killed: list[str] = []
    with server:
        server.kill()
        crowd = Crowd([server.url], Ledger(tmp_path / "ledger"), seed=9, pause=0.05)
        async with crowd.running():
            for n in range(int(os.environ.get("OMNIBOT_FAULT_ROUNDS") or ROUNDS)):
                syscall, when = SYSCALLS[n % len(SYSCALLS)], dice.randint(5, 120)
                # Not with --seccomp-bpf, however much faster: strace 6.1 then injects nothing.
                prefix.write_text(
                    f"{strace} -f -qq -o /dev/null -e trace={syscall} -e inject={syscall}:signal=KILL:when={when}"
                )
                try:
                    await in_thread(server.start)
                    await in_thread(lambda: server._process.is_ended_within(DEADLINE))
                except ServerFailed:
                    pass  # killed while it was starting
                if not server.is_running:
                    killed.append(f"{syscall} {when}")
                server.kill()  # also what outlives it
            prefix.write_text("")
            await in_thread(server.start)
            await crowd.close_doors()
            numbers = await prove(crowd, embedded_url(server))
    report({"killed_at": killed})
    assert len(killed) >= ROUNDS // 2, f"the counts came up too rarely: {killed}"
    assert numbers["dead"] == 0

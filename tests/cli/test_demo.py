"""`omnibot demo` by itself: the server on sample data, which nobody has to clean up after."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.servers import ROOT, Process, free_port

DEMO = [sys.executable, "-m", "omnibot", "demo"]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_it_serves_sample_data_and_leaves_nothing_behind(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    # What is set for a real installation must not count.
    env = {
        **os.environ,
        "TMPDIR": str(data),
        "OMNIBOT_SERVER__DATA_DIR": str(tmp_path / "real"),
        "PYTHONUNBUFFERED": "1",
    }
    process = Process("omnibot demo", log=tmp_path / "demo.log")
    url = f"http://127.0.0.1:{port}"
    process.start([*DEMO, "--port", str(port)], ready=lambda: answers(f"{url}/readyz"), seconds=60, env=env, cwd=ROOT)
    [kept] = data.iterdir()
    assert (kept / "omnibot.sqlite3").exists()
    assert answers(f"{url}/widget.js")
    assert process.end(signal.SIGTERM) == 0
    assert "First sign-in" in process.log()
    assert "All channels" not in process.log()
    assert list(data.iterdir()) == []
    assert not (tmp_path / "real").exists()


def test_a_port_that_is_none_is_wrong_use() -> None:
    refused = subprocess.run([*DEMO, "--port", "65535"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert refused.returncode == 2
    assert refused.stderr == "omnibot: --port has to be between 1 and 65534\n"

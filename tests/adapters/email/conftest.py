"""Mail servers for the tests of this folder, started once per worker."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnibot.adapters.email.connection import EmailConnection, open_account
from tests.adapters.email.servers import Folder, Ledger, Memory, PostOffice, account, imap_server, smtp_server
from tests.office import ManualClock


@pytest.fixture(scope="session")
def imap_port() -> Iterator[int]:
    with imap_server() as port:
        yield port


@pytest.fixture
def folder(imap_port: int) -> Folder:
    return Folder(imap_port)


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


@pytest.fixture
def smtp_port(office: PostOffice) -> Iterator[int]:
    with smtp_server(office) as port:
        yield port


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def open_mailbox(
    folder: Folder, ledger: Ledger, memory: Memory, tmp_path: Path, clock: ManualClock
) -> Callable[..., EmailConnection]:
    """A maker of connections to the folder, each as after a restart."""

    def opened(*, look: timedelta = timedelta(seconds=2), receive: Any = None, **changed: Any) -> EmailConnection:
        return open_account(
            account(**{"imap_port": folder.port, "folder": folder.name, **changed}),
            receive=receive or ledger.receive,
            clock=clock,
            state=memory,
            data_dir=tmp_path,
            look=look,
        )

    return opened

"""Files between customers in the web chat and agents: who may send and see what, and how it is served."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.office import Agent, Office, Visitor

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2_000)
SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]], tmp_path: Path) -> Office:
    return await open_office(server={"port": 0, "data_dir": str(tmp_path)}, files={"size_limit": 1_000_000})


def form(content: bytes = PNG, name: str = "oven.png", part: str = "file") -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)  # as browsers do
    data.add_field(part, content, filename=name, content_type="text/html")
    return data


async def uploads(office: Office, visitor: Visitor, content: bytes = PNG, *, status: int = 201, **named: str) -> Any:
    answer = await office.call(
        "POST", "/webchat/v1/files", headers=visitor.headers, data=form(content, **named), status=status
    )
    return answer.get("file_id")


async def says(office: Office, visitor: Visitor, status: int = 202, **body: Any) -> Any:
    body = {"client_id": "f1", **body}
    return await office.call("POST", "/webchat/v1/messages", headers=visitor.headers, json=body, status=status)


async def downloads(office: Office, path: str, who: Visitor | Agent) -> tuple[int, bytes, dict[str, str]]:
    async with office.http.get(path, headers=who.headers) as response:
        return response.status, await response.read(), dict(response.headers)


async def test_a_picture_reaches_the_agent(office: Office) -> None:
    ana, ada = await office.visitor(), await office.agent()
    file_id = await uploads(office, ana, name="C:\\photos\\my <oven>.png")
    await says(office, ana, text="it blinks", files=[file_id])
    await office.settled()
    [line, *_] = await ana.transcript()
    [attachment] = line["attachments"]
    assert attachment == {
        "id": file_id,
        "name": "my <oven>.png",
        "media_type": "image/png",
        "size": len(PNG),
        "url": f"/webchat/v1/files/{file_id}",
    }
    [seen, *_] = (await ada.sees(ana))["transcript"]
    assert seen["files"][0]["name"] == "my <oven>.png"
    status, content, headers = await downloads(office, f"/api/v1/files/{file_id}", ada)
    assert (status, content) == (200, PNG)
    assert headers["Content-Disposition"] == "inline; filename*=UTF-8''my%20%3Coven%3E.png"
    assert headers["Content-Type"] == "image/png"
    assert SAFE.items() <= headers.items()
    assert (await downloads(office, attachment["url"], ana))[:2] == (200, PNG)


async def test_what_a_browser_could_run_is_only_downloaded(office: Office) -> None:
    ana = await office.visitor()
    file_id = await uploads(office, ana, b"<script>alert(1)</script>", name="page.html")
    await says(office, ana, files=[file_id])
    _, _, headers = await downloads(office, f"/webchat/v1/files/{file_id}", ana)
    assert headers["Content-Type"] == "text/plain"
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert SAFE.items() <= headers.items()


async def test_a_file_alone_is_a_message_that_people_look_at(office: Office) -> None:
    ana = await office.visitor()
    await says(office, ana, files=[await uploads(office, ana)])
    [line] = await ana.hears("system: takes over from here")
    assert line


async def test_the_same_message_again_is_one(office: Office) -> None:
    ana = await office.visitor()
    file_id = await uploads(office, ana)
    first = await says(office, ana, text="look", files=[file_id])
    assert await says(office, ana, text="look", files=[file_id]) == first


async def test_nobody_sees_or_sends_the_files_of_others(office: Office) -> None:
    ana, ben, ada = await office.visitor(), await office.visitor(), await office.agent()
    file_id = await uploads(office, ana)
    assert (await downloads(office, f"/webchat/v1/files/{file_id}", ana))[0] == 404  # not said yet
    await says(office, ben, text="mine", files=[file_id], status=422)
    await says(office, ana, text="look", files=[file_id])
    assert (await downloads(office, f"/webchat/v1/files/{file_id}", ben))[0] == 404
    await ada.replies(ana, "yours", files=[int(file_id)], status=422)
    async with office.http.get(f"/api/v1/files/{file_id}") as response:
        assert response.status == 401
    async with office.http.get(f"/webchat/v1/files/{file_id}?token={ana.token}") as response:
        assert response.status == 401


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: {"data": form(PNG + bytes(1_000_000))}, 413),
        (lambda: {"data": form(b"MZ\x00\x01", name="a.png")}, 415),
        (lambda: {"json": {}}, 415),
        (lambda: {"data": form(part="picture")}, 422),
        (lambda: {"data": b"nothing", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
        (lambda: {"data": b"nothing", "headers": {"Content-Type": "multipart/form-data"}}, 400),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(
    office: Office, make: Callable[[], dict[str, Any]], status: int
) -> None:
    ana, body = await office.visitor(), make()
    headers = ana.headers | body.pop("headers", {})
    problem = await office.call("POST", "/webchat/v1/files", headers=headers, status=status, **body)
    assert problem["detail"]


async def test_an_agent_answers_with_a_file(office: Office) -> None:
    ana, ada = await office.visitor(), await office.agent()
    await ana.says("Hello")
    await office.settled()
    path = f"/api/v1/conversations/{ana.conversation_id}/files"
    uploaded = await office.call("POST", path, headers=ada.headers, data=form(b"%PDF-1.7", "plan.pdf"), status=201)
    assert (await downloads(office, f"/webchat/v1/files/{uploaded['file_id']}", ana))[0] == 404  # not sent yet
    await ada.replies(ana, "Here is the plan.", files=[uploaded["file_id"]], internal=True, status=422)
    await ada.replies(ana, "Here is the plan.", files=[uploaded["file_id"]])
    [attachment] = (await ana.transcript())[-1]["attachments"]
    assert (await downloads(office, attachment["url"], ana))[1] == b"%PDF-1.7"


async def test_files_come_along_the_open_stream(office: Office) -> None:
    ana = await office.visitor()
    tab = await ana.tab()
    await says(office, ana, text="look", files=[await uploads(office, ana)])
    _, message = await tab.next("message")
    assert message["attachments"][0]["media_type"] == "image/png"
    tab.close()

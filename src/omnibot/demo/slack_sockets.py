"""The ways of the simulated Slack's payloads to the app: Socket Mode, or signed requests; again until they are taken."""

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import aiohttp
from aiohttp import web

from omnibot.demo.slack_wire import Json, encode, path_of, sign

ACKNOWLEDGED_SECONDS = 5.0
TRIES = 4  # of an event: the first and three more


@dataclass(slots=True)
class Socket:
    """An open Socket Mode connection."""

    ws: web.WebSocketResponse
    acks: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)


class Sockets:
    """What the app has opened, and its addresses."""

    _now: Callable[[], int]  # Unix time at which requests are signed: the workspace's

    def __init__(self) -> None:
        self.sockets: list[Socket] = []
        self.sockets_opened = 0
        self.has_socket = asyncio.Event()  # set by the first
        self.answers_pings = True
        self.says_hello = True
        self.events_url = ""  # of the app, up to /channels/slack/{name}
        self._envelopes = count(1)

    async def request(self, path: str, payload: Json, **headers: str) -> tuple[int, str]:
        """One signed request to `events`, `interactions` or `commands`; returns status and body."""
        body, kind = encode(path, payload)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.events_url}/{path}",
                data=io.BytesIO(body),
                headers={"Content-Type": kind, **sign(body, at=self._now()), **headers},
            ) as response,
        ):
            return response.status, await response.text()

    async def send(self, payload: Json) -> None:
        """Deliver as Slack does: by a socket if there is one, else by request, until it is answered."""
        for attempt in range(TRIES):
            if self.sockets:
                await self.frame(payload)
                return
            retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"} if attempt else {}
            status, _ = await self.request(path_of(payload), payload, **retry)
            if status == 200:
                return
        raise AssertionError("the app never took it")

    async def frame(self, payload: Json, socket: Socket | None = None) -> Json:
        """Deliver through a socket; returns the acknowledgement."""
        envelope = f"e{next(self._envelopes)}"
        kind = {"events": "events_api", "interactions": "interactive", "commands": "slash_commands"}[path_of(payload)]
        socket = socket or self.sockets[-1]
        acknowledged = socket.acks[envelope] = asyncio.get_running_loop().create_future()
        await socket.ws.send_json(
            {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
            }
        )
        async with asyncio.timeout(ACKNOWLEDGED_SECONDS):
            answer: Json = await acknowledged
            return answer

    async def disconnect(self, socket: Socket, reason: str) -> None:
        """Say that a socket is about to end."""
        await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})

    async def drop(self, socket: Socket) -> None:
        """End a socket without a word, as a lost network does."""
        if socket in self.sockets:
            self.sockets.remove(socket)
        transport = socket.ws._req.transport if socket.ws._req else None
        if transport is not None:
            transport.abort()

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self.sockets_opened += 1
        socket = Socket(ws)
        if self.says_hello:
            self.sockets.append(socket)
            self.has_socket.set()
            await ws.send_json({"type": "hello", "num_connections": len(self.sockets), "debug_info": {"host": "fake"}})
        async for message in ws:
            if message.type is aiohttp.WSMsgType.PING and self.answers_pings:
                await ws.pong(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                answer = json.loads(message.data)
                acknowledged = socket.acks.pop(answer.get("envelope_id"), None)
                if acknowledged and not acknowledged.done():
                    acknowledged.set_result(answer)
        if socket in self.sockets:
            self.sockets.remove(socket)
        return ws

"""One call of the API, declared: who may, what it takes, what it gives. Routes, checks and documentation come from this."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar, get_args

import msgspec
from aiohttp import web

from omnibot.domain.access import Role, User
from omnibot.problem import Problem, read_json
from omnibot.web.access import Access

B = TypeVar("B")
Q = TypeVar("Q")

MAX_ID = 2**53


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters, or no body."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """A checked request."""

    user: User
    path: dict[str, str]
    query: Q
    body: B

    def id(self, name: str = "id") -> int:
        """An id from the path. Raises Problem 404: what is not an id is nobody's."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit()) or len(text) > 16:
            raise Problem(404, "there is nothing here")
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    method: str
    path: str  # below /api/v1
    summary: str
    role: Role
    handler: Callable[[Call[Any, Any]], Awaitable[Any]]
    result: Any
    body: type[Any] = Nothing
    query: type[Any] = Nothing
    status: int = 200
    conflicts: bool = False  # may answer 409

    def route(self, access: Access) -> web.RouteDef:
        decoder = msgspec.json.Decoder(self.body)

        async def answer(request: web.Request) -> web.Response:
            user = await access.require(request, self.role)
            if len(set(request.query)) != len(request.query):
                raise Problem(422, "a query parameter is given twice")
            try:
                query = read_query(dict(request.query), self.query)
            except msgspec.ValidationError as error:
                raise Problem(422, str(error)) from None
            body = await read_json(request, decoder) if self.body is not Nothing else Nothing()
            result = await self.handler(Call(user, dict(request.match_info), query, body))
            if self.status == 204:
                return web.Response(status=204)
            return web.Response(body=msgspec.json.encode(result), status=self.status, content_type="application/json")

        return web.route(self.method, "/api/v1" + self.path, answer)


def read_query(given: dict[str, str], kind: type[Any]) -> Any:
    """The parameters as `kind`. Raises ValidationError. One is given or left out, never null: what msgspec reads as None
    are the four letters, which a search may be for."""
    query = msgspec.convert(given, kind, strict=False)
    for field in msgspec.structs.fields(kind):
        if field.encode_name in given and getattr(query, field.name) is None:
            rest: Any = reduce(or_, (one for one in get_args(field.type) if one is not type(None)))
            value = msgspec.convert(given[field.encode_name], rest, strict=False)
            query = msgspec.structs.replace(query, **{field.name: value})
    return query

"""One call of the API, declared: who may, what it takes, what it gives. Routes, checks and documentation come from this."""

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, Literal, TypeVar, get_args, get_type_hints

import msgspec
from aiohttp import web

from omnibot.domain.access import Role, User
from omnibot.problem import Problem, read_json
from omnibot.web.access import Access

B = TypeVar("B")
Q = TypeVar("Q")
T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What it takes and gives are the handler's own annotations: `call: Call[body, query]` and what it returns."""

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str  # below /api/v1
    role: Role
    handler: Callable[[Call[Any, Any]], Awaitable[Any]]
    summary: str
    _: KW_ONLY
    status: int = 200
    conflicts: bool = False  # may answer 409

    @property
    def body(self) -> type[Any]:
        return _annotated(self.handler)[0]

    @property
    def query(self) -> type[Any]:
        return _annotated(self.handler)[1]

    @property
    def result(self) -> Any:
        """None: there is nothing to show."""
        return _annotated(self.handler)[2]

    def route(self, access: Access) -> web.RouteDef:
        body_kind, query_kind = self.body, self.query
        decoder = msgspec.json.Decoder(body_kind)

        async def answer(request: web.Request) -> web.Response:
            user = await access.require(request, self.role)
            if len(set(request.query)) != len(request.query):
                raise Problem(422, "a query parameter is given twice")
            try:
                query = read_query(dict(request.query), query_kind)
            except msgspec.ValidationError as error:
                raise Problem(422, str(error)) from None
            body = await read_json(request, decoder) if body_kind is not Nothing else Nothing()
            result = await self.handler(Call(user, dict(request.match_info), query, body))
            if self.status == 204:
                return web.Response(status=204)
            return web.Response(body=msgspec.json.encode(result), status=self.status, content_type="application/json")

        return web.route(self.method, "/api/v1" + self.path, answer)


def act(path: str, role: Role, handler: Callable[[Call[Any, Any]], Awaitable[Any]], summary: str) -> Endpoint:
    """What moves a thing on from the state in which it is: 409 where it is in another one."""
    return Endpoint("POST", path, role, handler, summary, conflicts=True)


def required(found: T | None, what: str) -> T:
    """What was found. Raises Problem 404: there is no such `what`."""
    if found is None:
        raise Problem(404, f"there is no such {what}")
    return found


def cut(found: list[T], limit: int, cursor: Callable[[T], object]) -> tuple[list[T], str | None]:
    """Of what was found, looking for one more than `limit`: what is shown, and the cursor after it where there is more."""
    shown = found[:limit]
    return shown, str(cursor(shown[-1])) if len(found) > limit else None


def _annotated(handler: Callable[[Call[Any, Any]], Awaitable[Any]]) -> tuple[type[Any], type[Any], Any]:
    call, result = get_type_hints(handler).values()
    body, query = get_args(call)
    return body, query, None if result is type(None) else result


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

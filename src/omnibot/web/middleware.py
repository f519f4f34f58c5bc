"""Around every request: errors become problem documents, answers get their security headers, and both are counted."""

from collections.abc import Awaitable, Callable
from functools import cache
from time import perf_counter

import structlog
from aiohttp import hdrs, web
from prometheus_client import Histogram

from omnibot.problem import BUSY, Problem
from omnibot.store.transactions import Unavailable
from omnibot.web.metrics import REQUEST_SECONDS

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The only middleware."""
    started = perf_counter()
    response = await _answer(request, handler)
    if not response.prepared:
        response.headers.update(_HEADERS)
        if response.content_type == "text/html":
            response.headers.update(_PAGE_HEADERS)
    resource = request.match_info.route.resource
    method = request.method if request.method in hdrs.METH_ALL else "other"
    _timer(method, resource.canonical if resource else "none", response.status).observe(perf_counter() - started)
    return response


@cache
def _timer(method: str, route: str, status: int) -> Histogram:
    """The labelled histogram, looked up once: prometheus_client takes a lock each time."""
    return REQUEST_SECONDS.labels(method=method, route=route, status=str(status))


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except Unavailable as error:
        return Problem(503, BUSY, retry_after=error.retry_after).response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = Problem(error.status, _words(error)).response()
        if allow := error.headers.get(hdrs.ALLOW):
            response.headers[hdrs.ALLOW] = allow
        return response
    except Exception:
        # The request's path may name a conversation, never its words; the traceback carries no values.
        log.exception("request_failed", method=request.method, path=request.path)
        return Problem(500, "something went wrong here; it is in the log").response()


def _words(error: web.HTTPException) -> str:
    if error.status == 413:
        return "the body is too large"
    if error.status == 404:
        return "there is nothing here"
    return error.reason.lower()

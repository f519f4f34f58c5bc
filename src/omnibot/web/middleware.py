"""Around every request: errors become problem documents, answers get their security headers, and both are counted."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from aiohttp import hdrs, web

from omnibot.exchange import HEADERS
from omnibot.log import Log
from omnibot.problem import BUSY, Problem
from omnibot.store.transactions import Unavailable
from omnibot.web.metrics import REQUEST_SECONDS

log = Log(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_PAGE_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The only middleware."""
    started = perf_counter()
    try:
        response = await handler(request)
    except Exception as error:
        response = _answer_to(error, request)
    if not response.prepared:
        headers = response.headers
        headers.update(HEADERS)
        if headers.get(hdrs.CONTENT_TYPE, "").startswith("text/html"):
            headers.update(_PAGE_HEADERS)
    resource = request.match_info.route.resource
    method = request.method if request.method in hdrs.METH_ALL else "other"
    labels = (method, resource.canonical if resource else "none", str(response.status))
    REQUEST_SECONDS.observe(labels, perf_counter() - started)
    return response


def _answer_to(error: Exception, request: web.Request) -> web.StreamResponse:
    """The problem document for what a handler raised."""
    match error:
        case Problem():
            return error.response()
        case Unavailable():
            return Problem(503, BUSY, retry_after=error.retry_after).response()
        case web.HTTPException():
            if error.status < 400:
                raise error
            response = Problem(error.status, _words(error)).response()
            if allow := error.headers.get(hdrs.ALLOW):
                response.headers[hdrs.ALLOW] = allow
            return response
    log_failure(request, error)
    return Problem(500, "something went wrong here; it is in the log").response()


def log_failure(request: web.Request, error: Exception) -> None:
    """The request's path may name a conversation, never its words; the traceback carries no values."""
    log.error("request_failed", method=request.method, path=request.path, error=error)


def _words(error: web.HTTPException) -> str:
    if error.status == 413:
        return "the body is too large"
    if error.status == 404:
        return "there is nothing here"
    return error.reason.lower()

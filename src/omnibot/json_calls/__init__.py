"""Posts JSON to a platform and reads what it answers, over HTTP/1.1 connections that are kept: what a channel does for every
message it sends. Files, redirects, cookies and compression are aiohttp's, which costs several times as much for each call.

`answer` reads the bytes of an answer (pure), `connection` is one connection, `caller` keeps them. What fails says what
may have become of the call (`errors`). docs/decisions/0032.
"""

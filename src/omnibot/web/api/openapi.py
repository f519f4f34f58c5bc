"""The OpenAPI 3.1 document, made from the endpoints' own types: it cannot say anything else than the code does."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from omnibot.web.api.endpoint import Endpoint, Nothing

_PROBLEMS = {
    "400": "The body is not JSON",
    "401": "No valid token or session",
    "403": "The role does not allow it",
    "404": "No such thing",
    "409": "Somebody else has it, or it is in another state",
    "413": "The body is too large",
    "415": "The body is not application/json",
    "422": "The request has another shape",
    "429": "Too many requests with this token",
    "503": "The database cannot take it now",
}
_NUMBER_SCHEMA = {"type": "string", "pattern": "^[0-9-]{1,16}$"}
# What is not called by a number.
_PATH_SCHEMAS = {"entry": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def document(endpoints: Sequence[Endpoint], *, version: str) -> dict[str, Any]:
    """The whole document."""
    types = [kind for endpoint in endpoints for kind in (endpoint.body, endpoint.result) if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = {_key(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, by_type)
        paths.setdefault("/api/v1" + endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "omnibot admin API", "version": version},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**components, "Problem": _PROBLEM_SCHEMA},
        },
    }


def _operation(endpoint: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": endpoint.summary}
    if endpoint.status != 204:
        success["content"] = {"application/json": {"schema": by_type[_key(endpoint.result)]}}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "description": f"Takes the role {endpoint.role.value}.",
        "operationId": f"{endpoint.method.lower()}{re.sub(r'[^a-z]+', '_', endpoint.path)}".strip("_"),
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {str(endpoint.status): success, **_problems(endpoint)},
    }
    if endpoint.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_type[_key(endpoint.body)]}},
        }
    return operation


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    has_body = endpoint.body is not Nothing
    left_out = {
        *([] if has_body else ["400", "413", "415"]),
        *([] if "{" in endpoint.path or has_body else ["404"]),
        *([] if endpoint.conflicts else ["409"]),
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": words, "content": content}
        for status, words in _PROBLEMS.items()
        if status not in left_out
    }


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, _NUMBER_SCHEMA)}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([endpoint.query])
    properties = components[endpoint.query.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is given or left out; it is never null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**kinds[0], **kept} if len(kinds) == 1 else ({**kept, "anyOf": kinds} if kinds else kept)


def _key(kind: Any) -> str:
    return str(kind)

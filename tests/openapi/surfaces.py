"""OpenAPI descriptions of what has none of its own, made from the code's tables: what schemathesis is to try."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from console.staff.policy import POLICY
from tests.fuzz.surfaces import NEVER_SENT

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_TEXT = {"type": "string", "maxLength": 300}
_ANY_OBJECT = {"type": "object", "additionalProperties": True}


def description(operations: Iterable[tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """A description: method, path and the rest of each operation."""
    paths: dict[str, Any] = {}
    for method, path, operation in operations:
        names = re.findall(r"{(\w+)}", path)
        inside = [{"name": name, "in": "path", "required": True, "schema": _path_of(name)} for name in names]
        whole = {**operation, "parameters": inside + operation.get("parameters", [])}
        paths.setdefault(path, {})[method.lower()] = {**whole, "responses": {"default": {"description": "any"}}}
    return {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": paths}


def _path_of(name: str) -> dict[str, Any]:
    return {"type": "integer"} if name == "number" else {"type": "string", "minLength": 1, "maxLength": 80}


def _body(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {kind: {"schema": schema}}}}


def _query(*names: str) -> dict[str, Any]:
    return {"parameters": [{"name": name, "in": "query", "schema": _TEXT} for name in names]}


def _form(*names: str, **fixed: str) -> dict[str, Any]:
    fields = {name: _TEXT for name in names} | {name: {"type": "string", "enum": [one]} for name, one in fixed.items()}
    return _body(_FORM, {"type": "object", "properties": fields, "required": list(fixed)})


def server() -> dict[str, Any]:
    """The REST channel and the addresses of the platforms, which nobody has signed for."""
    said = {"type": "object", "properties": {"sender": _TEXT, "message": {"type": "string", "maxLength": 4}}}
    operations = [("POST", "/webhooks/rest/webhook", _body(_JSON, said) | _query("stream"))]
    for platform in ("twilio", "whatsapp", "messenger", "telegram", "slack"):
        path = f"/webhooks/{platform}/webhook"
        kind = _body(_FORM if platform == "twilio" else _JSON, _ANY_OBJECT)
        operations.append(("POST", path, kind))
        operations.append(("GET", path, _query("hub.mode", "hub.verify_token", "hub.challenge")))
    operations += [("GET", path, {}) for path in ("/", "/readyz", "/version", "/status", "/webhooks/rest/")]
    return description(operations)


def actions() -> dict[str, Any]:
    """The action server, for who has no token."""
    header = {"parameters": [{"name": "X-Actions-Token", "in": "header", "schema": _TEXT}]}
    paths = [("POST", "/webhook", _body(_JSON, _ANY_OBJECT) | header), ("GET", "/actions", header)]
    return description([*paths, ("GET", "/health", {}), ("GET", "/", header)])


def pages(links: dict[str, str]) -> dict[str, Any]:
    """The visitor's pages: behind links that work, with the codes of their forms, and behind any other.

    Args:
        links: the code of the forms, by the path of the page.
    """
    operations: list[tuple[str, str, dict[str, Any]]] = [("GET", "/booking/{token}", {}), ("GET", "/book/{token}", {})]
    operations += [("GET", path, {}) for path in ("/", "/readyz", "/static/visitor.css")]
    for path, code in links.items():
        fields = ("name", "contact", "times", "topic", "agreed", "sure")
        for form in ("/times", "/contact") if path.startswith("/booking/") else ("",):
            operations.append(("POST", path + form, _form(*fields, code=code)))
        operations.append(("GET", path, {}))
    return description(operations)


def console(csrf: str) -> dict[str, Any]:
    """All routes of the staff's console.

    Args:
        csrf: the code of the forms of who is signed in; empty: nobody is.
    """
    operations = []
    for name, rule in POLICY.items():
        if csrf and name in NEVER_SENT:
            continue
        path = "/staff" + re.sub(r"<(\w+):\w+>", r"{\1}", rule.path)
        fields = ("name", "text", "reason", "to", "at", "number", "q", "password", "code", "tag", "note", "query")
        rest = _form(*fields, csrf=csrf) if rule.method == "POST" else _query("q", "from", "to", "page", "sort", "text")
        operations.append((rule.method, path, rest))
    return description(operations)

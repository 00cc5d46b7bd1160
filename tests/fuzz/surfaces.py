"""Every address that somebody outside can write to, and bad requests to each, made from good ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes

from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from assistant.channels import meta
from console.staff.policy import POLICY
from tests.fuzz.inputs import Inputs
from tests.fuzz.requests import Request
from tests.platforms import inbound
from tests.platforms.inbound import ENVIRONMENT, Signed

FORM = "application/x-www-form-urlencoded"
SERVER, WEB, ACTIONS = "server", "web", "actions"
# What these do to the one who is signed in, or to the machine, would end the test: their forms lack the code.
NEVER_SENT = {"publish", "publication_withdraw", "sign_out", "account_password", "account_totp", "privacy_retention"}
NEVER_SENT |= {name for name in POLICY if name.startswith("person_")} | {"privacy_erase"}

_SHARES = {"sms": 3, "twilio_whatsapp": 3}  # of which most are still good, and are answered


@dataclass(frozen=True)
class Keys:
    """What a visitor and a member of staff hold: a session, links to pages with the codes in them, a sign-in."""

    server: str  # its address, as platforms call it
    origin: str = "http://localhost"
    web: str = ""
    token: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)  # path of a page behind a link: the code of its forms
    staff: str = ""
    csrf: str = ""


@dataclass(frozen=True)
class Surface:
    """One kind of request; `share` says how many of a hundred inputs."""

    name: str
    where: str
    share: int
    make: Callable[[Inputs], Request]


def surfaces(keys: Keys) -> list[Surface]:
    """All of them."""
    return [
        Surface("web chat", SERVER, 28, lambda inputs: webchat(inputs, keys)),
        Surface("event stream", SERVER, 6, lambda inputs: events(inputs, keys)),
        Surface("REST channel", SERVER, 12, rest),
        *(Surface(one.name, SERVER, _SHARES.get(one.name, 5), webhook(one, keys.server)) for one in inbound.ALL),
        Surface("challenge", SERVER, 2, challenge),
        Surface("server, any path", SERVER, 4, lambda inputs: _anywhere(inputs, "/webhooks/rest/webhook")),
        Surface("booking pages", WEB, 8, lambda inputs: pages(inputs, keys)),
        Surface("console, signed out", WEB, 4, lambda inputs: _staff(inputs, keys, signed_in=False)),
        Surface("console, signed in", WEB, 4, lambda inputs: _staff(inputs, keys, signed_in=True)),
        Surface("web, any path", WEB, 3, lambda inputs: _anywhere(inputs, "/staff/sign-in")),
        Surface("action server", ACTIONS, 3, _actions),
    ]


def _quoted(text: str) -> bytes:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass")).encode()


def webchat(inputs: Inputs, keys: Keys) -> Request:
    bodies: list[tuple[str, Any]] = [
        ("/messages", {"id": "fuzz-0001", "text": "hello"}),
        ("/messages", {"id": "fuzz-0002", "payload": "/ask_safety"}),
        ("/feedback", {"message": 2, "rating": "down", "reason": "not what I asked"}),
    ]
    path, body = inputs.random.choice(bodies)
    headers = {"Origin": keys.origin, "Authorization": f"Bearer {keys.token}", "Content-Type": "application/json"}
    if inputs.one_in(4):
        headers = _bad_header(inputs, headers)
    if inputs.one_in(12):
        path = inputs.random.choice(["/session", "/conversation", "/history", "/openapi.json"])
        method = inputs.random.choice(["GET", "POST", "DELETE", "OPTIONS"])
        headers["Authorization"] = f"Bearer {_bad_token(inputs, keys.token)}"
        return Request(method, b"/webhooks/webchat" + path.encode(), headers, inputs.json({}))
    return Request("POST", f"/webhooks/webchat{path}".encode(), headers, inputs.json(body))


def events(inputs: Inputs, keys: Keys) -> Request:
    headers = {"Origin": keys.origin, "Authorization": f"Bearer {keys.token}"}
    path = inputs.random.choice([b"/events", b"/history"])
    what = inputs.random.randrange(3)
    query = b""
    if what == 0:
        headers["Last-Event-ID"] = inputs.header() or "-"
    elif what == 1:
        query = b"?after=" + _quoted(inputs.text() or "-") + b"&limit=" + _quoted(inputs.text())
        path = b"/history"
    else:
        headers["Authorization"] = f"Bearer {_bad_token(inputs, keys.token)}"
    return Request("GET", b"/webhooks/webchat" + path + query, headers)


def rest(inputs: Inputs) -> Request:
    body = inputs.json({"sender": "fuzz", "message": "hello"})
    if b'"fuzz"' in body and b"hello" in body and b'"message"' in body:
        body = body.replace(b"hello", b"")  # the answer to a good message costs a hundred bad ones
    headers = {"Content-Type": "application/json"}
    target = b"/webhooks/rest/webhook" + (b"?stream=" + _quoted(inputs.text()) if inputs.one_in(10) else b"")
    return Request("POST", target, _bad_header(inputs, headers) if inputs.one_in(8) else headers, body)


def webhook(platform: type[inbound.Platform], server: str) -> Callable[[Inputs], Request]:
    known = platform(server)

    def make(inputs: Inputs) -> Request:
        senders = [known.new_sender(), known.new_sender()]
        seed = inputs.random.choice(
            [known.text(senders[0], "STOP"), known.picture(senders[1]), known.press(senders[0], "x", "/ask_safety")]
            if known.has_buttons
            else [known.text(senders[0], "STOP"), known.picture(senders[1])]
        )
        if inputs.one_in(8):  # not signed any more
            return _request(seed, _bad_header(inputs, seed.headers), inputs.bytes(seed.body))
        body, kind = _changed(inputs, seed)
        return _request(seed, _signed(known, body, kind), body)

    return make


def _changed(inputs: Inputs, seed: Signed) -> tuple[bytes, str]:
    kind = seed.headers.get("Content-Type", "application/json")
    if not kind.startswith(FORM):
        return inputs.json(json.loads(seed.body)), kind
    fields = dict(parse_qsl(seed.body.decode(), keep_blank_values=True))
    if "payload" in fields:
        changed = inputs.json(json.loads(fields["payload"]))
        return b"payload=" + quote_from_bytes(changed).encode(), kind
    return inputs.form(fields), kind


def _signed(platform: inbound.Platform, body: bytes, kind: str) -> dict[str, str]:
    """The headers of the platform, which sends whatever there is to send."""
    headers = {"Content-Type": kind}
    if platform.path.startswith("/webhooks/twilio"):
        try:
            fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"))
            token = ENVIRONMENT["TWILIO_AUTH_TOKEN"]
            signature = RequestValidator(token).compute_signature(f"{platform.server}{platform.path}", fields)
        except ValueError:
            signature = "x"
        return headers | {"X-Twilio-Signature": signature}
    if platform.name == "telegram":
        return headers | {"X-Telegram-Bot-Api-Secret-Token": ENVIRONMENT["TELEGRAM_WEBHOOK_SECRET"]}
    if platform.name == "slack":
        at = str(int(time.time()))
        verifier = SignatureVerifier(ENVIRONMENT["SLACK_SIGNING_SECRET"])
        signature = str(verifier.generate_signature(timestamp=at, body=body.decode("utf-8", "replace")))
        return headers | {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}
    return headers | {"X-Hub-Signature-256": meta.sign(body, ENVIRONMENT[f"{platform.name.upper()}_APP_SECRET"])}


def resigned(name: str, server: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The headers of a request with another body, signed anew if a platform sends it."""
    platform = next((one for one in inbound.ALL if one.name == name), None)
    if platform is None:
        return dict(headers)
    return _signed(platform(server), body, headers.get("Content-Type", "application/json"))


def _request(seed: Signed, headers: Mapping[str, str], body: bytes) -> Request:
    return Request("POST", seed.path.encode(), headers, body)


def challenge(inputs: Inputs) -> Request:
    asked = {"hub.mode": "subscribe", "hub.verify_token": ENVIRONMENT["WHATSAPP_VERIFY_TOKEN"], "hub.challenge": "12"}
    path = inputs.random.choice([b"/webhooks/whatsapp/webhook?", b"/webhooks/messenger/webhook?"])
    return Request("GET", path + inputs.form(asked).replace(b" ", b"+").replace(b"\r", b"").replace(b"\n", b""))


def pages(inputs: Inputs, keys: Keys) -> Request:
    path, code = inputs.random.choice(list(keys.pages.items()) or [("/book/x", "")])
    if inputs.one_in(3):
        kind, _, token = path.strip("/").partition("/")
        changed = _bad_token(inputs, token).encode("utf-8", "surrogatepass")
        return Request("GET", f"/{kind}/".encode() + quote_from_bytes(changed, safe="").encode())
    form = inputs.random.choice(["times", "contact"]) if path.startswith("/booking/") else ""
    fields = {"code": code, "name": "Maria", "contact": "jo@example.org", "times": "friday", "topic": "pain"}
    fields |= {"sure": "", "agreed": "yes"}
    fields[inputs.random.choice(list(fields))] = inputs.text()  # no form is whole: good ones would be stored
    target = f"{path}/{form}".rstrip("/").encode()
    return Request("POST", target, {"Content-Type": FORM}, inputs.form(fields))


def _staff(inputs: Inputs, keys: Keys, *, signed_in: bool) -> Request:
    name = inputs.random.choice(list(POLICY))
    rule, path = POLICY[name], POLICY[name].path
    for place in ("conversation_id", "reference", "name", "publication_id", "number"):
        for kind in ("str", "int"):
            path = path.replace(f"<{place}:{kind}>", _quoted(inputs.text() or "x").decode().replace("/", "%2F"))
    headers = {"Origin": keys.web, "Content-Type": FORM}
    may_be_sent = signed_in and name not in NEVER_SENT
    if signed_in:
        headers["Cookie"] = f"__Host-staff={keys.staff}"
    elif inputs.one_in(2):
        headers["Cookie"] = f"__Host-staff={inputs.header()}"
    if inputs.one_in(8):
        headers = _bad_header(inputs, headers)
    query = b"?" + inputs.form({"q": "x", "page": "1", "from": "2026-01-01", "to": "2026-02-01", "channel": "sms"})
    target = b"/staff" + path.encode() + (query if rule.method == "GET" else b"")
    fields = {"csrf": keys.csrf if may_be_sent else "x", "name": "ada", "text": "x", "number": "1", "reason": "x"}
    body = inputs.form(fields | {"to": "confirmed", "at": "2026-12-01T10:00"}) if rule.method == "POST" else b""
    return Request(rule.method, target, headers, body)


def _anywhere(inputs: Inputs, known: str) -> Request:
    method = inputs.random.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
    ours = ["/", known, "/healthz", "/readyz", "/metrics", "/static/", "/x"]
    path = inputs.random.choice([*ours, "/model", "/conversations/x/tracker", "/status"])
    target = path.encode() + (_quoted(inputs.text()) if inputs.one_in(2) else b"")
    headers = _bad_header(inputs, {"Accept": "*/*", "Content-Type": "application/json"})
    return Request(method, target, headers, inputs.json({"a": [1]}) if method in ("POST", "PUT", "PATCH") else b"")


def _actions(inputs: Inputs) -> Request:
    body = {"next_action": "action_submit_consultation", "tracker": {"sender_id": "x", "slots": {}}, "domain": {}}
    headers = {"X-Actions-Token": inputs.header() or "x", "Content-Type": "application/json"}
    return Request("POST", b"/webhook", headers, inputs.json(body))


def _bad_token(inputs: Inputs, token: str) -> str:
    what = inputs.random.randrange(4)
    if what == 0:
        return inputs.header()
    if what == 1:
        return token[: inputs.random.randrange(len(token) + 1)]
    return inputs.bytes(token.encode()).decode("utf-8", "surrogateescape").replace("\udc00", "")


def _bad_header(inputs: Inputs, headers: Mapping[str, str]) -> dict[str, str]:
    changed = dict(headers)
    more = [
        "Accept",
        "Cookie",
        "X-Forwarded-For",
        "Forwarded",
        "Accept-Encoding",
        "Range",
        "If-Modified-Since",
        "X-Real-IP",
    ]
    changed[inputs.random.choice([*changed, *more])] = inputs.header()
    return changed

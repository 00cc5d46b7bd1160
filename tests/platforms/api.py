"""One local server that answers as the platforms' APIs do: it checks each request, and can fail as they fail."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import jsonschema

from tests.conftest import free_port, load_yaml
from tests.platforms.inbound import ENVIRONMENT

# Made once: to check the schemas themselves again for each message costs more than all else here.
_SCHEMAS = {name: jsonschema.Draft7Validator(one) for name, one in load_yaml("tests/platforms/schemas.yml").items()}
_E = ENVIRONMENT
_BASIC = base64.b64encode(f"{_E['TWILIO_ACCOUNT_SID']}:{_E['TWILIO_AUTH_TOKEN']}".encode()).decode()
# Path and authorization of each platform.
_WANTED = {
    "twilio": (f"/2010-04-01/Accounts/{_E['TWILIO_ACCOUNT_SID']}/Messages.json", f"Basic {_BASIC}"),
    "whatsapp": (f"/v21.0/{_E['WHATSAPP_PHONE_NUMBER_ID']}/messages", f"Bearer {_E['WHATSAPP_ACCESS_TOKEN']}"),
    "messenger": (f"/v21.0/{_E['MESSENGER_PAGE_ID']}/messages", f"Bearer {_E['MESSENGER_PAGE_TOKEN']}"),
    "telegram": (f"/bot{_E['TELEGRAM_BOT_TOKEN']}/sendMessage", None),
    "slack": ("/api/chat.postMessage", f"Bearer {_E['SLACK_BOT_TOKEN']}"),
}
Answer = tuple[int, dict[str, Any], dict[str, str]]
_NO: dict[str, str] = {}
_META_ERRORS = {"blocked": {"whatsapp": 131050, "messenger": 551}, "window": {"whatsapp": 131047, "messenger": 10}}
_TWILIO_ERRORS = {"blocked": 21610, "window": 63016}


@dataclass(frozen=True)
class Sent:
    """A message that a platform has taken."""

    platform: str
    address: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    id: str
    at: float


class Platforms:
    """The APIs of all platforms, on one port that stays the same when they are down for a while."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sent: list[Sent] = []
        self.answered_presses: list[str] = []
        self.violations: list[str] = []
        self.slow: dict[str, float] = {}  # seconds that each answer of a platform takes
        self.ids = 0
        self._errors: dict[str, deque[str]] = {}
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Be reachable."""
        platforms = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if platforms._server is not self.server:  # down: a connection that was kept open ends as well
                    self.close_connection = True
                    return
                time.sleep(platforms.slow.get(self.path.split("/")[1], 0.0))
                status, told, headers = platforms.answer(self.path, self.headers, body)
                content = json.dumps(told).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be down: nobody is connected any more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def fail_next(self, platform: str, error: str, times: int = 1) -> None:
        """Answer the next messages with an error: rate, down, blocked, window."""
        self._errors.setdefault(platform, deque()).extend([error] * times)

    def texts(self, address: str) -> list[str]:
        """What a visitor was sent."""
        return [sent.text for sent in list(self.sent) if sent.address == address]

    def last(self, address: str) -> Sent:
        """What a visitor was sent last."""
        return [sent for sent in list(self.sent) if sent.address == address][-1]

    def wait(self, address: str, count: int, seconds: float = 30) -> list[str]:
        """What a visitor was sent, once that are so many messages; what there is when it takes too long."""
        wait_until(lambda: len(self.texts(address)) >= count, seconds)
        return self.texts(address)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        platform, _, rest = path.lstrip("/").partition("/")
        if platform == "telegram" and rest.endswith("/answerCallbackQuery"):
            self.answered_presses.append(json.loads(body)["callback_query_id"])
            return 200, {"ok": True, "result": True}, _NO
        wanted, authorization = _WANTED[platform]
        if f"/{rest}" != wanted or (authorization and headers.get("Authorization") != authorization):
            self.violations.append(f"{platform}: {rest} with other credentials")
            return 401, {"error": {"code": 190}, "code": 20003}, _NO
        if errors := self._errors.get(platform):
            return _error(platform, errors.popleft())
        content = dict(parse_qsl(body.decode())) if platform == "twilio" else json.loads(body)
        try:
            _SCHEMAS[platform].validate(content)
            sent = self._read(platform, content)
        except (jsonschema.ValidationError, ValueError) as problem:
            self.violations.append(f"{platform}: {str(problem)[:300]}")
            return 400, {"error": {"code": 100}, "code": 21602}, _NO
        self.sent.append(sent)
        return _success(platform, sent.id)

    def _read(self, platform: str, content: Mapping[str, Any]) -> Sent:
        self.ids += 1
        buttons: list[tuple[str, str]] = []
        if platform == "twilio":
            address, text = content["To"], content["Body"]
        elif platform == "whatsapp":
            address, interactive = content["to"], content.get("interactive")
            text = interactive["body"]["text"] if interactive else content["text"]["body"]
            action = interactive["action"] if interactive else {}
            replies = [one["reply"] for one in action.get("buttons", [])]
            rows = [row for section in action.get("sections", []) for row in section["rows"]]
            buttons = [(one["title"], one["id"]) for one in replies + rows]
        elif platform == "messenger":
            address, text = content["recipient"]["id"], content["message"]["text"]
            buttons = [(one["title"], one["payload"]) for one in content["message"].get("quick_replies", [])]
        elif platform == "telegram":
            address, text = str(content["chat_id"]), content["text"]
            rows = content.get("reply_markup", {}).get("inline_keyboard", [])
            buttons = [(key["text"], key["callback_data"]) for row in rows for key in row]
            if any(len(data.encode()) > 64 for _, data in buttons):
                raise ValueError("callback_data has more than 64 bytes")
        else:
            address, text = content["channel"], content["text"]
            elements = [one for block in content.get("blocks", []) for one in block.get("elements", [])]
            buttons = [(one["text"]["text"], one["value"]) for one in elements]
        return Sent(platform, address, text, tuple(buttons), f"{platform}{self.ids}", time.monotonic())


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something came true in time."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def doubled(texts: list[str]) -> list[str]:
    """Those that stand there more than once."""
    return [text for text, count in Counter(texts).items() if count > 1]


def _success(platform: str, id: str) -> Answer:
    told: dict[str, dict[str, Any]] = {
        "twilio": {"sid": id, "status": "queued"},
        "whatsapp": {"messaging_product": "whatsapp", "messages": [{"id": id}]},
        "messenger": {"recipient_id": "1", "message_id": id},
        "telegram": {"ok": True, "result": {"message_id": int(id.removeprefix("telegram") or 0)}}
        if platform == "telegram"
        else {},
        "slack": {"ok": True, "ts": id},
    }
    return (201 if platform == "twilio" else 200), told[platform], _NO


def _error(platform: str, error: str) -> Answer:
    if error == "down":
        return 503, {}, _NO
    if error == "rate":
        if platform == "telegram":
            return 429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 1}}, _NO
        return 429, {"code": 20429, "ok": False, "error": {"code": 130429}}, {"Retry-After": "1"}
    if platform == "twilio":
        return 400, {"code": _TWILIO_ERRORS[error], "message": "quotes +14155550123"}, _NO
    if platform == "telegram":
        return 403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}, _NO
    if platform == "slack":
        return 200, {"ok": False, "error": "channel_not_found"}, _NO
    return 400, {"error": {"code": _META_ERRORS[error][platform], "message": "quotes 4155550123"}}, _NO

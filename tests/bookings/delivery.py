"""What the tests of delivery share: simulated time, an outbox with rows, a real mail server and a real receiver."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.engine import Engine
from standardwebhooks import Webhook

from assistant.clinic import Clinic
from assistant.database import open_database
from bookings.messages import PAYLOAD_FIELD
from bookings.models import Base, ConsultationRequest, OutboxMessage, Target
from bookings.notifications import Notice
from bookings.outbox import Outbox
from bookings.secrets import ContactCipher
from tests.conftest import free_port

CLINIC = Clinic(name="Soft Reboot Wellness", phone="(415) 555-0134", email="hello@clinic.test", address="1 Main St")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw8BcBzZjGSJk2A="
START = datetime(2026, 3, 2, 18, 0, tzinfo=timezone.utc)
KEY = bytes(range(32))
CIPHER = ContactCipher(KEY)
MARIA, CONTACT, TOPIC = "Maria Lopez", "maria@visitor.example", "depression"


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Clock:
    """Time that passes only when the test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def payload(event: str = "request.created", reference: str = "SR-4K7M-92PX", **changes: Any) -> dict[str, Any]:
    """The payload of an outbox row, as `bookings.requests` writes it."""
    return {
        "event": event,
        "reference": reference,
        "kind": "consultation",
        "state": "new",
        "name": MARIA,
        "contact_kind": "email",
        "contact": CONTACT,
        "topic": TOPIC,
        "preferred_times": [{"words": "Thursday mornings"}],
        "due_at": "2026-03-03T01:00:00+00:00",
        "appointment_at": None,
        "appointment_minutes": None,
        "calendar_sequence": 0,
        "occurred_at": "2026-03-02T18:00:00+00:00",
        **changes,
    }


def scheduled(at: str = "2026-03-05T18:00:00+00:00", **changes: Any) -> dict[str, Any]:
    return payload(
        **{
            "event": "request.scheduled",
            "state": "scheduled",
            "appointment_at": at,
            "appointment_minutes": 30,
            "calendar_sequence": 1,
            **changes,
        }
    )


def notice(body: dict[str, Any]) -> Notice:
    return Notice.from_payload(body)


@dataclass
class Office:
    """A database with requests and an outbox, on simulated time."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    written: list[str] = field(default_factory=list)

    @property
    def outbox(self) -> Outbox:
        """A worker's view; each call is another worker."""
        return Outbox(self.engine, CIPHER, self.clock)

    def request(self, reference: str) -> int:
        with self.engine.begin() as connection:
            values = {
                "reference": reference,
                "submission_key": reference,
                "conversation_id": "c",
                "kind": "consultation",
                "state": "new",
                "due_at": self.clock(),
                "name": b"",
                "contact_kind": "email",
                "contact": b"",
                "topic": b"",
                "preferred_times": "[]",
                "consent_version": "1",
                "consent_at": self.clock(),
                "created_at": self.clock(),
                "updated_at": self.clock(),
            }
            result = connection.execute(sa.insert(ConsultationRequest.__table__).values(**values))
            return int(result.inserted_primary_key[0])

    def write(self, request_id: int, target: Target, body: dict[str, Any] | None = None, cipher: Any = CIPHER) -> int:
        body = body or payload()
        delivery_id = f"msg_{len(self.written):05d}"
        with self.engine.begin() as connection:
            values = {
                "delivery_id": delivery_id,
                "request_id": request_id,
                "target": target.value,
                "event": body["event"],
                "payload": cipher.encrypt(json.dumps(body), PAYLOAD_FIELD),
                "created_at": self.clock(),
                "next_attempt_at": self.clock(),
            }
            result = connection.execute(sa.insert(OutboxMessage.__table__).values(**values))
        self.written.append(delivery_id)
        return int(result.inserted_primary_key[0])

    def row(self, message_id: int) -> Any:
        table = OutboxMessage.__table__
        with self.engine.connect() as connection:
            return connection.execute(sa.select(table).where(table.c.id == message_id)).one()

    def undelivered(self) -> int:
        table = OutboxMessage.__table__
        query = sa.select(sa.func.count()).select_from(table).where(table.c.delivered_at.is_(None))
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def open_office(url: str) -> Office:
    engine = open_database(url)
    Base.metadata.create_all(engine)
    return Office(engine)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'bookings.db'}"


class MailBox:
    """A real mail server on loopback that keeps what it takes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refuse: dict[str, str] = {}  # the answer for a recipient
        self._controller: Controller | None = None
        self.port = free_port()

    def start(self, **options: Any) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address not in self.refuse:
            envelope.rcpt_tos.append(address)
        return self.refuse.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        parsed = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.envelopes.append(envelope)
        return "250 taken"


class Receiver:
    """A clinic's own system: verifies each POST as the standard says and drops what it already has."""

    def __init__(self) -> None:
        self.posts: list[str] = []  # ids of everything that came with a good signature
        self.kept: dict[str, dict[str, Any]] = {}  # by id, in the order of arrival
        self.bad_signatures = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.before_answer: Callable[[], None] = lambda: None
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bookings"

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.take(body, dict(self.headers))
                receiver.before_answer()
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        try:
            content = Webhook(SECRET).verify(body, headers)
        except Exception:
            self.bad_signatures += 1
            return
        delivery_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        self.posts.append(delivery_id)
        if self.status < 300:
            self.kept.setdefault(delivery_id, content)

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def worker_environment(mailbox: MailBox, receiver: Receiver, folder: Path) -> dict[str, str]:
    """The settings of a worker that reaches everybody and has its data in a folder."""
    return {
        "SMTP_URL": mailbox.url,
        "MAIL_FROM": "no-reply@clinic.test",
        "STAFF_EMAIL": "desk@clinic.test",
        "CONSOLE_URL": "",
        "BOOKING_WEBHOOK_URL": receiver.url,
        "BOOKING_WEBHOOK_SECRET": SECRET,
        "VAR_DIR": str(folder),
        "DATABASE_URL": sqlite_url(folder),
        "BOOKINGS_KEY": base64.b64encode(KEY).decode(),
    }

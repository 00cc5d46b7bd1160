"""The staff's console, really listening, with its own databases, a clock that tests move, and people of every role."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sanic import Sanic

from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.conversations.turns import Turn, ensure_conversation, write_turn
from assistant.database import BOOKINGS, CONVERSATIONS, STAFF, migrate, open_database, writing
from assistant.settings import var_dir
from bookings.models import Target
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.settings import BookingSettings
from console.app import create_app
from console.staff.accounts import Accounts
from console.staff.audit import Audit, Entry
from console.staff.console import Parts, StaffConsole
from console.staff.policy import Role
from console.staff.sessions import Sessions
from tests.console.conftest import serve

KEY = b"s" * 32
NOW = 1_795_000_000.0  # a moment of November 2026
PEOPLE = {
    Role.FRONT_DESK: ("frida", "Frida Front"),
    Role.CLINICIAN: ("clara", "Clara Clinic"),
    Role.ADMIN: ("ada", "Ada Admin"),
    Role.AUDITOR: ("otto", "Otto Audit"),
}


@dataclass
class Now:
    """A clock that tests move."""

    at: float = NOW

    def __call__(self) -> float:
        return self.at


@dataclass
class Console:
    """The running console, and what lies behind it."""

    url: str
    parts: Parts
    clock: Now
    clients: list[httpx.Client] = field(default_factory=list)

    def as_(self, role: Role | None) -> Colleague:
        """Somebody of a role, signed in; None: nobody."""
        token = self.parts.sessions.begin(PEOPLE[role][0]) if role else ""
        signed_in = self.parts.sessions.read(token)
        client = httpx.Client(base_url=self.url, timeout=30, headers={"Origin": self.url})
        if token:
            client.headers["Cookie"] = f"__Host-staff={token}"
        self.clients.append(client)
        return Colleague(client, signed_in.csrf if signed_in else "")

    def trail(self, **wanted: Any) -> list[Entry]:
        """The audit trail, newest first."""
        return self.parts.audit.entries(**wanted)

    def has_said(self, conversation_id: str, *events: dict[str, Any]) -> None:
        """Store events of a conversation, as the assistant would."""
        with writing(self.parts.conversations) as session:
            ensure_conversation(session.connection(), conversation_id, "", float(events[0]["timestamp"]))
            write_turn(session, Turn(conversation_id, list(events), None))


@dataclass
class Colleague:
    """A member of staff at a browser."""

    client: httpx.Client
    csrf: str

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(f"/staff{path}", **options)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of a page."""
        return self.client.post(f"/staff{path}", data={"csrf": self.csrf, **fields})


def asked(
    text: str, intent: str = "ask_safety", confidence: float = 0.9, at: float = NOW, **more: Any
) -> dict[str, Any]:
    """A visitor's message, as an event."""
    ranking = [{"name": intent, "confidence": confidence}, {"name": "ask_side_effects", "confidence": 0.05}]
    parsed = {"text": text, "intent": ranking[0], "intent_ranking": ranking, "entities": []}
    return {"event": "user", "text": text, "parse_data": parsed, "timestamp": at, "input_channel": "webchat", **more}


def answered(
    text: str, action: str = "utter_ask_safety", at: float = NOW, facts: tuple[str, ...] = ("x",)
) -> dict[str, Any]:
    """An answer of the assistant, as an event."""
    about = {"facts": list(facts), "section": "Safety"}
    return {"event": "bot", "text": text, "timestamp": at, "metadata": {"utter_action": action, "metadata": about}}


def words_of(page: httpx.Response) -> str:
    """What somebody reads on a page."""
    text = re.sub(
        r"<(script|style)[^>]*>.*?</\1>|<[^>]*>", " ", page.text.partition("<body")[2].partition(">")[2], flags=re.S
    )
    return " ".join(text.split())


@pytest.fixture
def start_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Console]]:
    """Starts a console; arguments replace its parts, e.g. `clinic` or `totp_for_admins`."""
    monkeypatch.setattr(Sanic, "test_mode", True)
    (tmp_path / "encoder").symlink_to(var_dir() / "encoder")  # building it takes a minute
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    stops: list[Callable[[], object]] = []
    consoles: list[Console] = []

    def start(**other: Any) -> Console:
        engines = {}
        for area in (BOOKINGS, CONVERSATIONS, STAFF):
            engines[area] = open_database(f"sqlite:///{tmp_path / area}.db")
            migrate(engines[area], area)
        clock = Now()
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # as slow as tests can bear
        bookings = BookingStore(engines[BOOKINGS], ContactCipher(b"k" * 32), frozenset(Target), utc_now)
        values: dict[str, Any] = {
            "conversations": engines[CONVERSATIONS],
            "staff": engines[STAFF],
            "bookings": bookings,
            "clinic": Clinic(name="Soft Reboot Wellness"),
            "accounts": Accounts(engines[STAFF], KEY, clock, hasher),
            "sessions": Sessions(engines[STAFF], KEY, clock),
            "audit": Audit(engines[STAFF], KEY, clock),
            "clock": clock,
        }
        parts = Parts(**{**values, **other})
        for role, (name, shown) in PEOPLE.items():
            first = parts.accounts.add(name, shown, role)
            parts.accounts.change_password(name, first, f"a good password of {role.value}s")
        app = create_app(bookings, parts.clinic, BookingSettings(), utc_now, staff=StaffConsole(parts))
        url, stop = serve(app)
        console = Console(url, parts, clock)
        consoles.append(console)
        stops.extend([stop, *(engine.dispose for engine in engines.values())])
        return console

    yield start
    for client in (client for console in consoles for client in console.clients):
        client.close()
    for stop in stops:
        stop()


@pytest.fixture
def console(start_console: Callable[..., Console]) -> Console:
    return start_console()


def detail_of(entry: Entry) -> str:
    """An entry's detail as text."""
    return json.dumps(entry.detail, sort_keys=True)

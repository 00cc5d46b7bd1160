"""Bad input to what reads it, without a line between: a hundred times as many inputs in the same time.

Each reader gets a request of Sanic's own class. It may refuse it, and nothing else may come out of it.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.compat import Header
from sanic.request import Request as SanicRequest

from assistant import tokens
from assistant.channels.base import MessagingChannel
from assistant.channels.incoming import Refused, check_text, read_sender, read_text
from assistant.channels.messenger import MessengerChannel
from assistant.channels.slack import SlackChannel
from assistant.channels.telegram import TelegramChannel
from assistant.channels.twilio import TwilioChannel
from assistant.channels.webchat_requests import Visitors, read_after, read_arrival, read_body, read_limit, read_rating
from assistant.channels.whatsapp import WhatsappChannel
from assistant.clock import utc_now
from assistant.conversations.addresses import AddressBook
from assistant.tokens import Expired, Forged
from bookings import contact, names
from bookings.links import read_link, read_page, sign_link
from console.form_codes import FormCodes
from console.pages import Problem
from console.staff.filtering import Filtering
from tests.fuzz import surfaces
from tests.fuzz.inputs import Inputs
from tests.fuzz.requests import Request, encoded
from tests.platforms import inbound
from tests.platforms.inbound import ENVIRONMENT

SERVER = "http://clinic.example"
_KEY = b"k" * 32
_CHANNELS: dict[str, type[MessagingChannel]] = {
    **{"sms": TwilioChannel, "twilio_whatsapp": TwilioChannel, "whatsapp": WhatsappChannel},
    **{"messenger": MessengerChannel, "telegram": TelegramChannel, "slack": SlackChannel},
}
_EXPECTED = (Refused, Problem, Forged, Expired)
_APP = Sanic("fuzz", configure_logging=False)


@dataclass(frozen=True)
class Reader:
    """What reads one kind of request."""

    name: str
    share: int
    make: Callable[[Inputs], Request]
    read: Callable[[SanicRequest], object]


@dataclass
class Outcome:
    """What a run saw; an error is anything but a refusal."""

    inputs: int = 0
    seconds: float = 0.0
    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds that one input took

    def add(self, other: Outcome) -> None:
        """Take in what another run saw."""
        self.inputs += other.inputs
        self.seconds += other.seconds
        self.read += other.read
        self.refused += other.refused
        self.errors += other.errors
        self.slowest = max(self.slowest, other.slowest)


def run(count: int, seed: str) -> Outcome:
    """Read bad input, and report what came of it."""
    prepare()
    outcome, inputs, known, began = Outcome(), Inputs(seed), readers(), time.monotonic()
    shares = [one.share for one in known]
    for _ in range(count):
        reader = inputs.random.choices(known, shares)[0]
        request, at = reader.make(inputs), time.perf_counter()
        outcome.inputs += 1
        try:
            is_read = try_one(reader, request)
            (outcome.read if is_read else outcome.refused)[reader.name] += 1
        except Exception as error:
            outcome.errors.append(f"{reader.name}: {type(error).__name__}: {error!r}: {request!r}"[:3000])
        outcome.slowest = max(outcome.slowest, time.perf_counter() - at)
    outcome.seconds = time.monotonic() - began
    return outcome


def prepare() -> None:
    """Set what the servers have set."""
    os.environ["ASSISTANT_URL"] = SERVER  # what Twilio signs
    logging.getLogger("sanic.error").disabled = True  # it quotes what came


def try_one(reader: Reader, request: Request) -> bool:
    """Whether a request was read, not refused. Raises: whatever is wrong."""
    try:
        reader.read(as_received(request))
    except _EXPECTED:
        return False
    return True


def as_received(request: Request) -> SanicRequest:
    """A request as Sanic hands it on."""
    headers = Header(
        (name.lower(), encoded(value).decode("utf-8", "surrogateescape")) for name, value in request.headers.items()
    )
    headers["host"] = "clinic.example"
    target = bytes(sign for sign in request.target if 32 < sign < 127)
    received = SanicRequest(target, headers, "1.1", request.method, None, _APP)
    received.body = request.body
    return received


@lru_cache(maxsize=1)
def readers() -> list[Reader]:
    """All of them."""
    token, now = tokens.sign("0" * 32, _KEY, "webchat-session", utc_now()), utc_now()
    link = sign_link("SR-Y732-R73G", _KEY, now)
    keys = surfaces.Keys(SERVER, token=token, pages={f"/booking/{link}": FormCodes(_KEY).of(link)})
    visitors = Visitors(_KEY, utc_now)
    return [
        Reader(
            "web chat", 34, lambda inputs: surfaces.webchat(inputs, keys), lambda request: _webchat(visitors, request)
        ),
        Reader(
            "event stream", 12, lambda inputs: surfaces.events(inputs, keys), lambda request: _events(visitors, request)
        ),
        Reader("REST channel", 14, surfaces.rest, _rest),
        *(Reader(one.name, 5, surfaces.webhook(one, SERVER), _webhook(one)) for one in inbound.ALL),
        Reader("challenge", 3, surfaces.challenge, _channel("whatsapp").challenge),
        Reader("booking pages", 4, lambda inputs: surfaces.pages(inputs, keys), _pages),
        Reader("filters", 3, lambda inputs: Request("GET", b"/staff/conversations?" + inputs.form(_FILTERS)), _filters),
    ]


_FILTERS = {"text": "x", "from": "2026-01-01", "to": "2026-02-01", "channel": "sms", "sort": "started", "page": "2"}
_FILTERS |= {"intent": "ask_safety", "least": "1", "most": "9", "confidence": "0.5", "flag": "crisis", "staff": "ada"}


def _webchat(visitors: Visitors, request: SanicRequest) -> None:
    visitors.alias(visitors.conversation(request))
    body = read_body(request)
    (read_rating if request.path.endswith("/feedback") else read_arrival)(body)


def _events(visitors: Visitors, request: SanicRequest) -> None:
    visitors.conversation(request)
    read_after(request)
    read_limit(request)


def _rest(request: SanicRequest) -> None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "no JSON") from None
    check_text(read_sender(body), read_text(body))


def _webhook(platform: type[inbound.Platform]) -> Callable[[SanicRequest], None]:
    channel, book = _channel(platform.name), AddressBook(_KEY)

    def read(request: SanicRequest) -> None:
        channel.verify(request)
        for name, batch in ((name, batch.readable()) for name, batch in channel.read(request).items()):
            for message in batch.messages:
                json.dumps(vars(channel._arrival(name, message)), ensure_ascii=False).encode()
                book.conversation_id(name, message.address)
            for member in batch.memberships:
                book.conversation_id(name, member.address)
        channel.acknowledgement(request)

    return read


@lru_cache(maxsize=8)
def _channel(name: str) -> MessagingChannel:
    return _CHANNELS[name](ENVIRONMENT)


def _pages(request: SanicRequest) -> None:
    kind, _, rest = request.path.strip("/").partition("/")
    token = rest.partition("/")[0]
    now = utc_now()
    if kind == "book":
        read_page(token, _KEY, now)
    read_link(token, _KEY, now, timedelta(days=30))
    FormCodes(_KEY).check(request, token)
    names.find_name(str(request.form.get("name", "")).strip()[:500], expected=True)
    contact.find_contacts(str(request.form.get("contact", "")).strip()[:500], "US", True)


def _filters(request: SanicRequest) -> None:
    try:
        Filtering(ZoneInfo("America/Los_Angeles")).read({name: request.args.get(name) for name in request.args})
    except ValueError:
        raise Refused(400, "no filter") from None

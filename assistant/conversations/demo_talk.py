"""Makes up conversations as Rasa would have recorded them: the same seed makes up the same ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.conversations.demo_material import (
    FIRST_NAMES,
    LAST_NAMES,
    REASONS,
    STAFF,
    STAFF_WORDS,
    TIMES,
    TOPICS,
    UNCLEAR,
    Material,
)
from assistant.conversations.messages import DOWN, UP
from assistant.conversations.messages import STAFF as OF_STAFF
from assistant.conversations.projection import AUTHOR, HEARD_BY

CHANNELS = {"webchat": 62, "twilio": 12, "whatsapp": 10, "messenger": 8, "telegram": 5, "slack": 3}
PLOTS = {
    "questions": 66.0,
    "booking": 9.0,
    "call_back": 4.0,
    "unclear": 8.0,
    "button": 6.0,
    "side_effect": 2.5,
    "spanish": 1.5,
    "crisis": 1.5,
    "emergency": 0.7,
    "spam": 0.8,
}
_STEPS = (  # how the answers to the questions of the form are taken, and what is asked next
    ("out_of_scope", "utter_ask_booking_contact"),
    ("ask_contact", "utter_times_question"),
    ("ask_hours", "utter_ask_booking_topic"),
    ("ask_other_condition", "utter_ask_booking_agreed"),
)
_PROMISE = {
    "booking_next": "The team will be in touch within two working days.",
    "booking_how_to_change": "",
    "clinic_keep_requests_days": "365",
}
_IDS = {"model_id": "demo", "assistant_id": "soft-reboot-wellness"}
_MOST_RANKED = 10


@dataclass(frozen=True)
class Wish:
    """What somebody asks the clinic for at the end of a booking; fictional names and numbers."""

    key: str
    conversation_id: str
    is_call_back: bool
    name: str
    contact_kind: str
    contact: str
    topic: str
    times: str
    at: float


@dataclass(frozen=True)
class Rated:
    """What the visitor thought of the n-th of the assistant's replies, counted from 0."""

    reply: int
    rating: str
    reason: str
    at: float


@dataclass
class Talk:
    """A made-up conversation; `events` are as Rasa writes them."""

    id: str
    channel: str
    started_at: float
    plot: str
    events: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[Rated] = field(default_factory=list)


class Teller:
    """Makes up conversations.

    Args:
        submit: stores a wish and gives its reference back.
    """

    def __init__(self, material: Material, rng: random.Random, submit: Callable[[Wish], str]) -> None:
        self._material = material
        self._rng = rng
        self._submit = submit
        self._at = 0.0
        self._replies = 0
        self._talk = Talk("", "", 0.0, "")

    def tell(self, started_at: float) -> Talk:
        """A conversation that began at a moment."""
        rng = self._rng
        channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        plot = rng.choices(list(PLOTS), list(PLOTS.values()))[0]
        self._talk = Talk(f"{channel}:{rng.getrandbits(128):032x}", channel, started_at, plot)
        self._at, self._replies = started_at, 0
        self._add("action", name="action_session_start", **_predicted(None))
        self._add("session_started")
        self._listen(None)
        if rng.random() < 0.2:
            self._turn("greet")
        getattr(self, f"_{plot}")()
        if rng.random() < 0.25:
            self._turn(rng.choice(["thank", "goodbye"]))
        return self._talk

    def _questions(self) -> None:
        for _ in range(self._rng.choices([1, 2, 3, 4, 6, 12], [30, 30, 20, 12, 6, 2])[0]):
            self._turn(self._material.question(self._rng))
            self._rate(0.12)

    def _unclear(self) -> None:
        if self._rng.random() < 0.6:
            self._turn(self._material.question(self._rng))
        text = self._rng.choice(UNCLEAR)
        self._turn("nlu_fallback", text=text, action="utter_fallback", confidence=self._rng.uniform(0.08, 0.23))
        self._rate(0.3)
        if self._rng.random() < 0.5:
            self._turn(self._material.question(self._rng))

    def _button(self) -> None:
        intent = self._material.question(self._rng)
        self._turn(intent)
        for button in self._material.replies[f"utter_{intent}"][0].buttons[:1]:
            asked = button["payload"].removeprefix("/")
            if f"utter_{asked}" in self._material.replies:
                self._turn(asked, text=f"/{asked}", title=button["title"], confidence=1.0)

    def _booking(self) -> None:
        self._turn(self._material.question(self._rng))
        self._turn("book_consultation")
        self._form(is_call_back=False)

    def _call_back(self) -> None:
        self._turn("talk_to_human")
        if self._rng.random() < 0.5:
            self._form(is_call_back=True)
        else:
            self._take_over()

    def _side_effect(self) -> None:
        self._turn("tell_side_effect")

    def _spanish(self) -> None:
        self._turn("write_spanish")

    def _spam(self) -> None:
        self._turn("out_of_scope")

    def _crisis(self) -> None:
        if self._rng.random() < 0.5:
            self._turn(self._material.question(self._rng))
        self._turn("crisis", confidence=1.0)
        if self._rng.random() < 0.6:
            self._take_over()

    def _emergency(self) -> None:
        self._turn("medical_emergency", confidence=1.0)

    def _form(self, is_call_back: bool) -> None:
        """The booking form, of which some give up."""
        rng = self._rng
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        phone, topic, times = f"(415) 555-01{rng.randrange(100):02d}", rng.choice(TOPICS), rng.choice(TIMES)
        kind = rng.choice(["phone", "phone", "email"])
        email = f"{name.lower().replace(' ', '.')}@example.com"
        contact = email if kind == "email" else phone
        told = {"booking_name": name, "booking_contact_shown": contact, "booking_times_words": times}
        told["booking_topic_words"] = topic
        for (slot, text), (intent, action) in zip(told.items(), _STEPS):
            if rng.random() < 0.06:
                return
            slots = told if action == "utter_ask_booking_agreed" else {slot: text}
            self._turn(intent, text=text, action=action, confidence=rng.uniform(0.45, 0.8), slots=slots, form=True)
        key, reachable = f"{rng.getrandbits(128):032x}", email if kind == "email" else f"+1{_digits(phone)}"
        wish = Wish(key, self._talk.id, is_call_back, name, kind, reachable, topic, times, self._at)
        sent = {"booking_reference": self._submit(wish), "booking_outcome": "sent"}
        self._turn("affirm", action="utter_booking_sent", slots=sent, form=True)

    def _take_over(self) -> None:
        """Somebody of the staff writes, and the visitor answers them; only a chat of the website can be taken over."""
        rng = self._rng
        if self._talk.channel != "webchat":
            return
        staff = rng.choice(list(STAFF))
        self._at += rng.uniform(60, 900)
        metadata = {AUTHOR: OF_STAFF, "key": f"staff.{rng.getrandbits(64):016x}", "name": STAFF[staff]}
        text = rng.choice(STAFF_WORDS).format(name=STAFF[staff])
        self._add("bot", text=text, data={}, metadata=metadata | {"staff_id": staff})
        if rng.random() < 0.7:
            self._at += rng.uniform(10, 90)
            said = rng.choice(self._material.examples[rng.choice(["affirm", "thank", "deny"])])
            parsed = {"text": said, "intent": {}, "intent_ranking": [], "entities": []}
            heard = {"text": said, "parse_data": parsed, "message_id": f"{rng.getrandbits(128):032x}"}
            self._add("user", input_channel=self._talk.channel, metadata={HEARD_BY: OF_STAFF}, **heard)
            self._listen(None)

    def _turn(
        self,
        intent: str,
        text: str | None = None,
        title: str | None = None,
        action: str | None = None,
        confidence: float | None = None,
        slots: Mapping[str, Any] | None = None,
        form: bool = False,
    ) -> None:
        """A message and the answer to it."""
        rng = self._rng
        said = text or rng.choice(self._material.examples[intent])
        self._at += rng.uniform(8, 90)
        sure = confidence if confidence is not None else _confidence(rng)
        message_id = f"{rng.getrandbits(128):032x}"
        ranked = self._ranked(intent, sure)
        parsed = {"intent": ranked[0], "entities": [], "text": said, "message_id": message_id, "metadata": {}}
        self._add(
            "user",
            text=said,
            parse_data=parsed | {"intent_ranking": ranked},
            input_channel=self._talk.channel,
            message_id=message_id,
            metadata=_IDS | ({"title": title} if title else {}),
        )
        self._at += rng.uniform(0.05, 0.4)
        answer = action or f"utter_{intent}"
        reply = rng.choice(self._material.replies[answer])
        offers = any(button["payload"] == "/book_consultation" for button in reply.buttons)
        for name, value in ({"consultation_offered": offers} | dict(slots or {})).items():
            self._add("slot", name=name, value=value)
        self._add("user_featurization", use_text_for_featurization=False)
        if form:
            self._add("action", name="booking_form", **_predicted("FormPolicy"))
            self._add("active_loop", name="booking_form")
        self._add("action", name=answer, **_predicted("IndexedRulePolicy"))
        self._reply(answer, reply.text, reply.metadata, reply.buttons, dict(slots or {}))
        self._listen("IndexedRulePolicy")

    def _reply(
        self, action: str, text: str, about: Mapping[str, Any], buttons: tuple[Any, ...], slots: Mapping[str, Any]
    ) -> None:
        for name, value in {**_PROMISE, **slots}.items():
            text = text.replace(f"{{{name}}}", str(value))
        data = {"elements": None, "quick_replies": None, "buttons": [dict(button) for button in buttons] or None}
        data |= {"attachment": None, "image": None, "custom": None}
        metadata = {"metadata": dict(about), "utter_action": action, **_IDS}
        self._add("bot", text=text.strip(), data=data, metadata=metadata)
        self._replies += 1

    def _rate(self, chance: float) -> None:
        if self._talk.channel == "webchat" and self._rng.random() < chance:
            rating = self._rng.choices([UP, DOWN], [2, 1])[0]
            reason = self._rng.choice(REASONS) if rating == DOWN else ""
            self._talk.ratings.append(Rated(self._replies - 1, rating, reason, self._at + 5))

    def _ranked(self, intent: str, confidence: float) -> list[dict[str, Any]]:
        ranked = [{"name": intent, "confidence": confidence}]
        left = 1 - confidence
        for name in self._material.others(self._rng, intent, _MOST_RANKED - 1):
            left *= 0.5
            ranked.append({"name": name, "confidence": min(left, confidence * 0.9)})
        return ranked

    def _listen(self, policy: str | None) -> None:
        self._add("action", name="action_listen", **_predicted(policy))

    def _add(self, kind: str, metadata: Mapping[str, Any] = _IDS, **more: Any) -> None:
        self._at += 0.002
        self._talk.events.append({"event": kind, "timestamp": round(self._at, 4), "metadata": metadata, **more})


def _confidence(rng: random.Random) -> float:
    """Most messages are understood well, one in eight is a guess."""
    return rng.uniform(0.3, 0.75) if rng.random() < 0.12 else 1 - rng.random() ** 3 * 0.2


def _predicted(policy: str | None) -> dict[str, Any]:
    return {"policy": policy, "confidence": 1.0, "action_text": None, "hide_rule_turn": False}


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdigit())

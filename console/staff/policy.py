"""Who may do what: a row for every route under `/staff`. A route without a row is not served."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(str, enum.Enum):
    """What somebody is at the clinic."""

    FRONT_DESK = "front_desk"
    CLINICIAN = "clinician"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def title(self) -> str:  # type: ignore[override]
        """As people say it."""
        return self.value.replace("_", " ").capitalize()


class Permission(enum.Enum):
    """Something that a role may do."""

    SIGNED_IN = enum.auto()  # one's own account
    READ = enum.auto()  # conversations, personal data masked
    REVEAL = enum.auto()  # personal data, with a reason
    REVIEW = enum.auto()  # acknowledge, note, tag, assign, mark as reviewed
    TALK = enum.auto()  # with a visitor, instead of the assistant
    BOOKINGS = enum.auto()
    TEACH = enum.auto()  # say what was understood wrong, and what is right
    PUBLISH = enum.auto()  # have the assistant learn it
    INSIGHTS = enum.auto()
    PEOPLE = enum.auto()  # accounts
    PRIVACY = enum.auto()  # export and erase one person, retention
    AUDIT = enum.auto()


_DESK = {
    *(Permission.SIGNED_IN, Permission.READ, Permission.REVEAL, Permission.REVIEW, Permission.TALK),
    *(Permission.BOOKINGS, Permission.INSIGHTS),
}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.FRONT_DESK: frozenset(_DESK),
    Role.CLINICIAN: frozenset({*_DESK, Permission.TEACH}),
    Role.ADMIN: frozenset(Permission),
    Role.AUDITOR: frozenset({Permission.SIGNED_IN, Permission.INSIGHTS, Permission.AUDIT}),
}


@dataclass(frozen=True)
class Rule:
    """One route.

    Attributes:
        permission: what one needs; None: everybody may, signed in or not.
        audited: the action in the audit trail; empty: a look that goes on with a view which is in the trail already.
    """

    method: str
    path: str
    permission: Permission | None
    audited: str = ""


_CONVERSATION = "/conversations/<conversation_id:str>"
_BOOKING = "/bookings/<reference:str>"
_PUBLICATION = "/teach/publications/<publication_id:str>"
_PERSON = "/people/<name:str>"
_CERTIFICATE = "/privacy/certificates/<number:int>"

POLICY: dict[str, Rule] = {
    # Anybody
    "sign_in": Rule("GET", "/sign-in", None),
    "sign_in_send": Rule("POST", "/sign-in", None),
    "style": Rule("GET", "/static/<name:str>", None),
    # One's own account
    "sign_out": Rule("POST", "/sign-out", Permission.SIGNED_IN, "signed_out"),
    "account": Rule("GET", "/account", Permission.SIGNED_IN, "account.viewed"),
    "account_password": Rule("POST", "/account/password", Permission.SIGNED_IN, "account.password_changed"),
    "account_totp": Rule("POST", "/account/totp", Permission.SIGNED_IN, "account.totp_changed"),
    # Today
    "today": Rule("GET", "", Permission.SIGNED_IN, "today.viewed"),
    "counts": Rule("GET", "/counts", Permission.READ),
    # Conversations
    "conversations": Rule("GET", "/conversations", Permission.READ, "conversations.listed"),
    "filter_save": Rule("POST", "/filters", Permission.READ, "filter.saved"),
    "filter_delete": Rule("POST", "/filters/<number:int>/delete", Permission.READ, "filter.deleted"),
    "next": Rule("GET", "/next", Permission.READ, "conversations.next"),
    "transcript": Rule("GET", _CONVERSATION, Permission.READ, "conversation.viewed"),
    "news": Rule("GET", f"{_CONVERSATION}/news", Permission.READ),
    "download": Rule("GET", f"{_CONVERSATION}/download", Permission.READ, "conversation.downloaded"),
    "print": Rule("GET", f"{_CONVERSATION}/print", Permission.READ, "conversation.printed"),
    "reveal": Rule("POST", f"{_CONVERSATION}/reveal", Permission.REVEAL, "conversation.revealed"),
    "acknowledge": Rule("POST", f"{_CONVERSATION}/acknowledge", Permission.REVIEW, "danger.acknowledged"),
    "review": Rule("POST", f"{_CONVERSATION}/review", Permission.REVIEW, "conversation.reviewed"),
    "assign": Rule("POST", f"{_CONVERSATION}/assign", Permission.REVIEW, "conversation.assigned"),
    "note": Rule("POST", f"{_CONVERSATION}/note", Permission.REVIEW, "conversation.noted"),
    "tag": Rule("POST", f"{_CONVERSATION}/tag", Permission.REVIEW, "conversation.tagged"),
    "untag": Rule("POST", f"{_CONVERSATION}/untag", Permission.REVIEW, "conversation.untagged"),
    "take": Rule("POST", f"{_CONVERSATION}/take", Permission.TALK, "chat.taken"),
    "say": Rule("POST", f"{_CONVERSATION}/say", Permission.TALK, "chat.said"),
    "give_back": Rule("POST", f"{_CONVERSATION}/give-back", Permission.TALK, "chat.given_back"),
    "judge": Rule("GET", f"{_CONVERSATION}/verdict", Permission.TEACH, "message.judging"),
    "verdict": Rule("POST", f"{_CONVERSATION}/verdict", Permission.TEACH, "verdict.sent"),
    # Teach
    "teach": Rule("GET", "/teach", Permission.TEACH, "teach.viewed"),
    "meanings": Rule("GET", "/teach/meanings", Permission.TEACH),
    "publish": Rule("POST", "/teach/publish", Permission.PUBLISH, "publication.asked"),
    "publication": Rule("GET", _PUBLICATION, Permission.TEACH, "publication.viewed"),
    "publication_progress": Rule("GET", f"{_PUBLICATION}/progress", Permission.TEACH),
    "publication_patch": Rule("GET", f"{_PUBLICATION}/patch", Permission.PUBLISH, "publication.downloaded"),
    "publication_withdraw": Rule("POST", f"{_PUBLICATION}/withdraw", Permission.PUBLISH, "publication.withdrawn"),
    # Bookings
    "bookings": Rule("GET", "/bookings", Permission.BOOKINGS, "bookings.listed"),
    "booking": Rule("GET", _BOOKING, Permission.BOOKINGS, "booking.viewed"),
    "booking_reveal": Rule("POST", f"{_BOOKING}/reveal", Permission.REVEAL, "booking.revealed"),
    "booking_move": Rule("POST", f"{_BOOKING}/move", Permission.BOOKINGS, "booking.moved"),
    "booking_assign": Rule("POST", f"{_BOOKING}/assign", Permission.BOOKINGS, "booking.assigned"),
    "booking_confirm": Rule("POST", f"{_BOOKING}/confirm", Permission.BOOKINGS, "booking.confirmed"),
    "resend": Rule("POST", "/bookings/outbox/<number:int>/resend", Permission.BOOKINGS, "notification.resent"),
    # Insights
    "insights": Rule("GET", "/insights", Permission.INSIGHTS, "insights.viewed"),
    "insights_csv": Rule("GET", "/insights.csv", Permission.INSIGHTS, "insights.downloaded"),
    # People, privacy, audit
    "people": Rule("GET", "/people", Permission.PEOPLE, "people.viewed"),
    "person_add": Rule("POST", "/people", Permission.PEOPLE, "person.added"),
    "person_role": Rule("POST", f"{_PERSON}/role", Permission.PEOPLE, "person.role_changed"),
    "person_password": Rule("POST", f"{_PERSON}/password", Permission.PEOPLE, "person.password_reset"),
    "person_disable": Rule("POST", f"{_PERSON}/disable", Permission.PEOPLE, "person.disabled"),
    "person_enable": Rule("POST", f"{_PERSON}/enable", Permission.PEOPLE, "person.enabled"),
    "privacy": Rule("GET", "/privacy", Permission.PRIVACY, "privacy.viewed"),
    "privacy_retention": Rule("POST", "/privacy/retention", Permission.PRIVACY, "retention.asked"),
    "privacy_find": Rule("POST", "/privacy/find", Permission.PRIVACY, "privacy.searched"),
    "privacy_reveal": Rule("POST", "/privacy/reveal", Permission.PRIVACY, "privacy.reveal_asked"),
    "privacy_export": Rule("POST", "/privacy/export", Permission.PRIVACY, "privacy.export_asked"),
    "privacy_confirm": Rule("POST", "/privacy/confirm", Permission.PRIVACY, "privacy.erasure_prepared"),
    "privacy_erase": Rule("POST", "/privacy/erase", Permission.PRIVACY, "privacy.erasure_asked"),
    "certificate": Rule("GET", _CERTIFICATE, Permission.PRIVACY, "certificate.viewed"),
    "certificate_text": Rule("GET", f"{_CERTIFICATE}/text", Permission.PRIVACY, "certificate.downloaded"),
    "audit": Rule("GET", "/audit", Permission.AUDIT, "audit.viewed"),
    "audit_csv": Rule("GET", "/audit.csv", Permission.AUDIT, "audit.downloaded"),
}

# What is open to somebody who has yet to choose a password of their own or to set up the app that their role needs.
SETTLING = frozenset(POLICY[name] for name in ("account", "account_password", "account_totp", "sign_out"))

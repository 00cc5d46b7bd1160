"""What is written down of an export and of an erasure: readable by people, without a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from console.staff.audit import Audit, Entry
from console.staff.person import Outcome

ERASED = "person.erased"  # the entry of the audit trail that a certificate is made of
_LATEST = 20
_WORDS = {
    "conversations": "Conversations",
    "messages": "Messages of conversations",
    "events": "Technical steps of conversations",
    "predictions": "Notes on how messages were understood",
    "flags": "Flags for staff",
    "feedback": "Ratings of answers",
    "inbox": "Messages as they came in",
    "acknowledgements": "Acknowledgements by staff",
    "notes": "Notes of staff",
    "tags": "Tags of staff",
    "verdicts": "Reviews by staff",
    "spool": "Messages waiting in files",
    "consultation_requests": "Consultation requests",
    "request_history": "History of requests",
    "outbox": "Messages about requests, sent or waiting",
    "slot_claims": "Reserved times",
    "failed_lookups": "Failed look-ups of requests",
}


@dataclass(frozen=True)
class Certificate:
    """What an erasure did; no personal data.

    Attributes:
        rows: what was deleted, in words, and how many.
        left: the same for what the check found to be left; empty: nothing.
    """

    number: int
    seal: str
    at: float
    by: str
    conversations: int
    requests: int
    rows: list[tuple[str, int]]
    left: list[tuple[str, int]]
    searched: int
    sent: int
    is_log_empty: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left."""
        return not self.left and self.is_log_empty


def detail_of(outcome: Outcome, reason: str) -> dict[str, Any]:
    """What the audit trail keeps of an erasure."""
    return {
        "conversations": outcome.conversations,
        "requests": outcome.requests,
        "rows": dict(outcome.counts),
        "left": dict(outcome.left),
        "searched": outcome.searched,
        "sent": outcome.sent,
        "log_empty": outcome.is_log_empty,
        "reason": reason,
    }


def newest(audit: Audit, by: str) -> int:
    """The number of the certificate of somebody's last erasure."""
    return audit.entries(limit=1, actor=by, action=ERASED)[0].number


def certificates(audit: Audit) -> list[Certificate]:
    """The last ones, newest first."""
    return [_of(entry) for entry in audit.entries(limit=_LATEST, action=ERASED)]


def certificate(audit: Audit, number: int) -> Certificate | None:
    """The one of an entry of the audit trail; None if that entry is of something else."""
    found = audit.entries(before=number + 1, limit=1, action=ERASED)
    return _of(found[0]) if found and found[0].number == number else None


def as_text(one: Certificate, clinic: str, by: str) -> str:
    """A certificate to keep or send."""
    check = f"Nothing is left: {one.searched} tables and files were searched for it afterwards."
    if not one.is_clean:
        check = "NOT EVERYTHING IS GONE. Please erase once more, or ask the clinic's engineer. Left:\n" + _table(
            one.left
        )
        check += "" if one.is_log_empty else "  Traces in the log of a database file\n"
    return f"""CERTIFICATE OF ERASURE
{clinic or "Clinic"}

Personal data of one person was erased at the person's or the clinic's wish.

When:                 {_moment(one.at)}
By:                   {by}
Conversations:        {one.conversations}
Consultation requests: {one.requests}

Deleted, by kind of record:
{_table(one.rows) or "  nothing was there"}
Check:
{check}

Sent before the erasure, by e-mail or to the clinic's own systems: {one.sent} messages.
Copies there are not reached by this erasure.

Entry {one.number} of the audit trail, seal {one.seal}
"""


def as_markdown(exported: Mapping[str, Any], at: float) -> str:
    """An export as somebody reads it."""
    lines = ["# What is kept about one person", "", f"As of {_moment(at)}.", ""]
    for request in exported["requests"]:
        lines += [f"## Request {request['reference']}", ""]
        shown = ("name", "contact", "topic", "kind", "state", "created_at", "due_at", "appointment_at", "consent_at")
        lines += [f"- {name.replace('_', ' ')}: {_line(request[name])}" for name in shown if request[name]]
        wishes = [_line(wish["words"]) for wish in request["preferred_times"] if wish.get("words")]
        lines += [f"- preferred times: {'; '.join(wishes)}"] if wishes else []
        lines += ["", "What happened to it:", ""]
        lines += [f"- {entry['at']}: {entry['event']} by {entry['by']}" for entry in request["history"]]
        lines += ["", "Messages about it:", ""]
        lines += [f"- {one['created_at']}: {one['event']} to {one['target']}" for one in request["messages_about_it"]]
        lines.append("")
    for conversation in exported["conversations"]:
        kept = conversation["kept"]
        lines += [f"## Conversation {conversation['id']}", ""]
        for message in kept["messages"]:
            lines.append(f"- **{message['author']}** ({_moment(message['at'])}): {_line(message['text'])}")
        for name in ("feedback", "flags", "notes", "tags", "verdicts"):
            if kept[name]:
                lines += ["", f"{_WORDS[name]}:", ""]
                lines += [f"- {_fields(row)}" for row in kept[name]]
        lines.append("")
    return "\n".join(lines)


def _of(entry: Entry) -> Certificate:
    detail = entry.detail
    return Certificate(
        number=entry.number,
        seal=entry.seal,
        at=entry.at,
        by=entry.actor,
        conversations=detail["conversations"],
        requests=detail["requests"],
        rows=_in_words(detail["rows"]),
        left=_in_words(detail["left"]),
        searched=detail["searched"],
        sent=detail["sent"],
        is_log_empty=detail["log_empty"],
    )


def _in_words(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    known = [(words, counts[name]) for name, words in _WORDS.items() if name in counts]
    return known + [(name, count) for name, count in sorted(counts.items()) if name not in _WORDS]


def _table(rows: list[tuple[str, int]]) -> str:
    return "".join(f"  {words:<42}{count:>6}\n" for words, count in rows)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _fields(row: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {_line(value)}" for name, value in row.items() if name != "conversation_id")

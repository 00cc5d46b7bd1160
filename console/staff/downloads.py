"""A conversation as a file: Markdown for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from assistant.conversations.lines import StaffNote
from assistant.conversations.transcripts import Transcript
from console.staff import labels
from console.staff.transcript_view import Shown, View

# What visitors wrote must stay text in whatever shows the file.
_MARKS = re.compile(r"([\\`*_\[\]<>&#|~!])")
_LINE_MARKS = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")

Moment = Callable[[float], str]


@dataclass(frozen=True)
class Kind:
    """A kind of file; `write` gets the transcript, its view, whether personal data is in it, and the clinic's clock."""

    content_type: str
    write: Callable[[Transcript, View, bool, Moment], str]


def as_markdown(found: Transcript, view: View, is_revealed: bool, moment: Moment) -> str:
    """The conversation as a Markdown text."""
    standing = found.standing
    lines = [
        f"# Conversation {_plain(standing.id)}",
        "",
        f"- Channel: {_plain(labels.channel_title(standing.channel))}",
        f"- From {moment(standing.started_at)} to {moment(standing.last_at)}",
        f"- Personal data: {'shown' if is_revealed else 'masked'}",
    ]
    if standing.booking_reference:
        lines.append(f"- Booking: {_plain(standing.booking_reference)}")
    if found.tags:
        lines.append(f"- Tags: {_plain(', '.join(found.tags))}")
    if found.is_damaged:
        lines.append("- A part of this conversation could not be read.")
    for note in view.notes:
        lines.extend(["", *_note(note, moment)])
    for shown in view.lines:
        lines.extend(["", *_message(shown, moment)])
    return "\n".join(lines) + "\n"


def as_json(found: Transcript, view: View, is_revealed: bool, moment: Moment) -> str:
    """The conversation as JSON; moments are in UTC."""
    standing = found.standing
    content = {
        "conversation": standing.id,
        "channel": standing.channel,
        "started_at": _utc(standing.started_at),
        "last_at": _utc(standing.last_at),
        "booking": standing.booking_reference,
        "personal_data": "shown" if is_revealed else "masked",
        "is_damaged": found.is_damaged,
        "reviewed_by": standing.reviewed_by if standing.is_reviewed else None,
        "assigned_to": standing.assigned_to,
        "tags": list(found.tags),
        "notes": [_note_data(note) for note in view.notes],
        "messages": [_message_data(shown) for shown in view.lines],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


KINDS = {
    "md": Kind("text/markdown; charset=utf-8", as_markdown),
    "json": Kind("application/json", as_json),
}


def _message(shown: Shown, moment: Moment) -> list[str]:
    message = shown.line.message
    lines = [f"## {message.number}. {_plain(shown.who)}, {moment(message.at)}", "", *_quoted(message.text)]
    facts = [_plain(shown.summary)] if shown.summary else []
    facts += [_plain(chip.text) for chip in shown.chips]
    facts += [_plain(f"{detail.title}: {'; '.join(detail.items)}") for detail in shown.details]
    if facts:
        lines.extend(["", *(f"- {fact}" for fact in facts)])
    for note in shown.line.notes:
        lines.extend(["", *_note(note, moment)])
    return lines


def _note(note: StaffNote, moment: Moment) -> list[str]:
    return [f"Note of {_plain(note.author)}, {moment(note.at)}:", "", *_quoted(note.text)]


def _quoted(text: str) -> list[str]:
    return [f"> {_LINE_MARKS.sub(_escaped_mark, _marked(line))}".rstrip() for line in text.splitlines()]


def _plain(text: str) -> str:
    return _marked(" ".join(text.split()))


def _marked(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _escaped_mark(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def _message_data(shown: Shown) -> dict[str, Any]:
    line, message = shown.line, shown.line.message
    data: dict[str, Any] = {
        "number": message.number,
        "at": _utc(message.at),
        "from": message.author,
        "name": message.name,
        "text": message.text,
    }
    if line.reading:
        data["understood"] = {
            "intent": line.reading.intent,
            "confidence": line.reading.confidence,
            "runners_up": [{"intent": name, "confidence": share} for name, share in line.reading.runners_up],
            "actions": list(line.reading.actions),
        }
    if message.action:
        data["answer"] = {
            "name": message.action,
            "section": message.source,
            "version": shown.version,
            "model": (shown.origin.model or None) if shown.origin else None,
            "facts": list(shown.origin.facts) if shown.origin and shown.origin.facts is not None else None,
        }
    data |= {
        "slots": dict(line.slots),
        "buttons": [str(button["title"]) for button in message.buttons],
        "flags": [{"kind": alarm.kind, "acknowledged_by": alarm.acknowledged_by} for alarm in line.alarms],
        "rating": message.rating,
        "reason": line.reason,
        "notes": [_note_data(note) for note in line.notes],
        "is_damaged": line.is_damaged,
    }
    return data


def _note_data(note: StaffNote) -> dict[str, str]:
    return {"by": note.author, "at": _utc(note.at), "text": note.text}


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds")

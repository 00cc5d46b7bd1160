"""`/staff/conversations`: the list that staff look through, filters that they keep, and what to review next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl, quote, urlencode
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.clinic import Clinic
from assistant.conversations.filters import NEWEST, Cursor, Filters, clean
from assistant.conversations.search import first_hits
from assistant.conversations.staff_queries import (
    DANGERS,
    ConversationRow,
    Page,
    conversations,
    conversations_above,
    known_channels,
    known_tags,
    next_unreviewed,
)
from assistant.conversations.today import LOW_CONFIDENCE
from assistant.database import reading
from bookings.glance import names_in
from bookings.requests import BookingStore
from console.staff import labels
from console.staff.access import Door, Visit
from console.staff.filtering import Filtering, as_query, choices, views
from console.staff.masking import mask, snippet
from console.staff.pages import StaffPages, form, query
from console.staff.saved_filters import LONGEST_NAME, FilterProblem, SavedFilters

PAGE = 50  # rows
_BEFORE_HIT = 40  # characters of a message that are shown before the word that was searched for
_MOST_FIELDS = 40
_SAID = {
    "saved": "The filter is saved.",
    "deleted": "The filter is deleted.",
    "all-reviewed": "Nothing is left to review here.",
}


@dataclass(frozen=True)
class Row:
    """A conversation in the list.

    Attributes:
        words: what the visitor wrote first, or the message that was searched for, masked.
        flags: in words, each with how it looks.
        assigned_to: the name of whoever looks after it.
    """

    conversation: ConversationRow
    address: str
    words: str
    channel: str
    flags: tuple[tuple[str, str], ...]
    confidence: str
    is_unsure: bool
    assigned_to: str
    reviewed_by: str
    taken_by: str


class ConversationPages:
    """The list of conversations.

    Args:
        engine: the database of conversations.
        clock: the present moment in unix seconds.
    """

    def __init__(
        self,
        pages: StaffPages,
        door: Door,
        engine: Engine,
        saved: SavedFilters,
        bookings: BookingStore,
        clinic: Clinic,
        clock: Callable[[], float],
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = engine
        self._saved = saved
        self._bookings = bookings
        self._clinic = clinic
        self._clock = clock
        self._filtering = Filtering(ZoneInfo(clinic.timezone))

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "conversations", self.show)
        self._door.add(app, "filter_save", self.save)
        self._door.add(app, "filter_delete", self.delete)
        self._door.add(app, "next", self.next)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """The list, as it is filtered."""
        fields, problem = query(request), ""
        try:
            filters = self._filtering.read(fields)
        except ValueError as error:
            filters, problem = Filters(), f"That filter does not work. {str(error).capitalize()}."
        self._record(visit, filters)
        return self._list(visit, filters, fields, problem)

    def save(self, request: Request, visit: Visit) -> HTTPResponse:
        """Keep the filter of the list under a name."""
        fields = form(request)
        try:
            filters = self._filtering.read(_read_query(fields.get("query", "")))
            self._check(filters)
            self._saved.save(visit.person.name, fields.get("name", ""), as_query(filters))
        except FilterProblem as problem:
            return self._list(visit, filters, {}, str(problem), fields.get("name", ""))
        except ValueError:
            return self._back(Filters(), "")
        return self._back(filters, "saved")

    def delete(self, request: Request, visit: Visit, number: int) -> HTTPResponse:
        """Delete a saved filter of one's own."""
        is_done = self._saved.delete(visit.person.name, number)
        return self._back(Filters(), "deleted" if is_done else "")

    def next(self, request: Request, visit: Visit) -> HTTPResponse:
        """To the next conversation of the list that nobody has reviewed; after the last one comes the first."""
        fields = query(request)
        try:
            filters = self._filtering.read(fields)
        except ValueError:
            filters = Filters()
        after = clean(fields["after"]) if "after" in fields else None
        with reading(self._engine) as session:
            found = next_unreviewed(session, after, filters) or (after and next_unreviewed(session, None, filters))
        self._record(visit, filters)
        if not found or found == after:
            return self._back(filters, "all-reviewed")
        return self._pages.back(_address(found, filters))

    def _list(
        self, visit: Visit, filters: Filters, fields: Mapping[str, str], problem: str, name: str = ""
    ) -> HTTPResponse:
        everybody = self._door.accounts.all()
        people = {one.name: one.display_name for one in everybody}
        with reading(self._engine) as session:
            page = _page(session, filters, fields)
            ids = [row.id for row in page.rows]
            hits = first_hits(session, ids, filters.text) if filters.text and ids else {}
            channels, tags = known_channels(session), known_tags(session)
        names = names_in(self._bookings, (row.booking_reference for row in page.rows))
        first, last = self._filtering.days(filters)
        values = {
            "rows": [self._row(row, filters, hits.get(row.id), names, people) for row in page.rows],
            "filters": filters,
            "first_day": first,
            "last_day": last,
            "chosen": self._filtering.chosen(filters, people),
            "choices": choices(visit.person, everybody, channels, tags),
            "views": views(visit.person, filters),
            "saved": self._saved.of(visit.person.name),
            "query": as_query(filters),
            "newer": _place("after", page.first, filters),
            "older": _place("before", page.next, filters),
            "is_first": page.first is None,
            "loaded_at": f"{self._clock():.3f}" if page.first is None and _can_be_watched(filters) else "",
            "low": LOW_CONFIDENCE,
            "problem": problem,
            "name": name,
            "longest_name": LONGEST_NAME,
            "said": "" if problem else _SAID.get(fields.get("said", ""), ""),
        }
        return self._pages.page(visit, "conversations.html", 422 if problem else 200, **values)

    def _row(
        self,
        row: ConversationRow,
        filters: Filters,
        hit: tuple[int, str] | None,
        names: Mapping[str, str],
        people: Mapping[str, str],
    ) -> Row:
        known = [names[reference]] if (reference := row.booking_reference or "") in names else []
        words = _around(mask(hit[1], known, self._clinic.country), filters.text or "") if hit else row.first_words
        is_taken = row.taken_by is not None and row.taken_until > self._clock()
        return Row(
            conversation=row,
            address=f"{self._pages.base}{_address(row.id, filters)}{f'#m{hit[0]}' if hit else ''}",
            words=snippet(words, known, self._clinic.country) or "(nothing written)",
            channel=labels.channel_title(row.channel),
            flags=_flags(row),
            confidence="" if row.lowest_confidence is None else f"{row.lowest_confidence:.0%}",
            is_unsure=row.lowest_confidence is not None and row.lowest_confidence < LOW_CONFIDENCE,
            assigned_to=people.get(row.assigned_to or "", row.assigned_to or ""),
            reviewed_by=people.get(row.reviewed_by or "", row.reviewed_by or ""),
            taken_by=people.get(row.taken_by or "", row.taken_by or "") if is_taken else "",
        )

    def _check(self, filters: Filters) -> None:
        """Raises: FilterProblem for what would outlive the erasure of a person."""
        if filters.text and mask(filters.text, country=self._clinic.country) != filters.text:
            raise FilterProblem("A search for somebody's phone number or e-mail address cannot be saved.")

    def _record(self, visit: Visit, filters: Filters) -> None:
        """Name the filters in the audit trail, and never the words that were searched for: they may be a patient's."""
        used = sorted(field.name for field in fields(Filters) if getattr(filters, field.name) != field.default)
        if used:
            visit.record("conversations.filtered", by=used)

    def _back(self, filters: Filters, said: str) -> HTTPResponse:
        sent = filters.to_query() | ({"said": said} if said else {})
        return self._pages.back(f"/conversations{'?' if sent else ''}{urlencode(sent)}")


def _page(session: Session, filters: Filters, fields: Mapping[str, str]) -> Page:
    """The part of the list that an address names; a place that is none is the list's beginning."""
    try:
        if "after" in fields:
            return conversations_above(session, filters, Cursor.of_text(clean(fields["after"])), PAGE)
        before = Cursor.of_text(clean(fields["before"])) if "before" in fields else None
    except ValueError:
        before = None
    return conversations(session, filters, before, PAGE)


def _can_be_watched(filters: Filters) -> bool:
    """Whether what is new would stand at its top, and is cheap to ask for every few seconds."""
    return filters.sort == NEWEST and filters.text is None and filters.until is None


def _place(name: str, cursor: Cursor | None, filters: Filters) -> str:
    return urlencode(filters.to_query() | {name: cursor.as_text()}) if cursor else ""


def _address(id: str, filters: Filters) -> str:
    filtered = as_query(filters)
    return f"/conversations/{quote(id, safe=':')}{'?' if filtered else ''}{filtered}"


def _flags(row: ConversationRow) -> tuple[tuple[str, str], ...]:
    ordered = sorted(row.flags, key=lambda kind: (kind not in DANGERS, kind))
    open_look = "danger" if row.has_open_danger else ""
    return tuple((labels.flag_title(kind), open_look if kind in DANGERS else "warm") for kind in ordered)


def _around(text: str, searched: str) -> str:
    """The part of a message in which the first of the searched words stands."""
    line = " ".join(text.split())
    words = [word.strip('"-').casefold() for word in searched.split()]
    places = [place for word in words if word and (place := line.casefold().find(word)) >= 0]
    begin = min(places, default=0) - _BEFORE_HIT
    return line if begin <= 0 else f"…{line[line.find(' ', begin) :].lstrip()}"


def _read_query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, max_num_fields=_MOST_FIELDS))

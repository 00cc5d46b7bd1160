"""`/staff/audit`: who of the staff saw or did what, and whether the trail is as it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from console.staff.access import Door, Visit
from console.staff.accounts import Accounts
from console.staff.audit import Audit, Entry
from console.staff.csv_file import csv_reply
from console.staff.pages import StaffPages, query
from console.staff.policy import POLICY

MOST_EXPORTED = 50_000  # entries in one file
_PAGE = 100
_FILTERS = ("actor", "action", "object")
_HEAD = ("number", "at", "actor", "role", "action", "object", "detail", "seal")


class AuditPages:
    """The trail, newest first."""

    def __init__(self, pages: StaffPages, door: Door, audit: Audit, accounts: Accounts) -> None:
        self._pages = pages
        self._door = door
        self._audit = audit
        self._accounts = accounts

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "audit", self.show)
        self._door.add(app, "audit_csv", self.download)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """A page of entries; with `verify`, what a check of all of them finds."""
        wanted = query(request)
        filters, before = _filters(wanted), _number(wanted.get("before", ""))
        found = self._audit.entries(before, _PAGE + 1, **filters)
        entries = found[:_PAGE]
        checked = self._audit.verify() if "verify" in wanted else None
        if checked is not None:
            visit.record("audit.verified", count=checked.count, broken_at=checked.broken_at)
        return self._pages.page(
            visit,
            "audit.html",
            entries=[(entry, _detail(entry)) for entry in entries],
            checked=checked,
            filters={name: filters.get(name, "") for name in _FILTERS},
            query=urlencode(filters),
            older=urlencode({**filters, "before": entries[-1].number}) if len(found) > _PAGE else "",
            is_first=before is None,
            names={person.name: person.display_name for person in self._accounts.all()},
            actions=sorted({rule.audited for rule in POLICY.values() if rule.audited}),
            most=MOST_EXPORTED,
        )

    def download(self, request: Request, visit: Visit) -> HTTPResponse:
        """The entries that the filters let through, newest first."""
        filters = _filters(query(request))
        rows = [_row(entry) for entry in self._all(filters)]
        visit.record("audit.exported", count=len(rows), **{f"of_{name}": value for name, value in filters.items()})
        return csv_reply("audit", _HEAD, rows)

    def _all(self, filters: Mapping[str, str]) -> Iterator[Entry]:
        before, left = None, MOST_EXPORTED
        while left:
            page = self._audit.entries(before, min(1000, left), **filters)
            if not page:
                return
            yield from page
            before, left = page[-1].number, left - len(page)


def _filters(wanted: Mapping[str, str]) -> dict[str, str]:
    """What the entries have to be; characters that no database can hold are in none of them."""
    return {
        name: wanted[name][:255].encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
        for name in _FILTERS
        if wanted.get(name)
    }


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and 0 < len(text) <= 15
    return int(text) if is_number else None


def _detail(entry: Entry) -> str:
    """The detail in words: "count: 3; reason: To confirm a time"."""
    return "; ".join(f"{name.replace('_', ' ')}: {_value(value)}" for name, value in entry.detail.items())


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _row(entry: Entry) -> list[object]:
    at = datetime.fromtimestamp(entry.at, timezone.utc).isoformat(timespec="seconds")
    detail = json.dumps(entry.detail, sort_keys=True) if entry.detail else ""
    return [entry.number, at, entry.actor, entry.role, entry.action, entry.object, detail, entry.seal]

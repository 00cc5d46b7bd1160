"""CSV files that open the same everywhere, and in which no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sanic.response import HTTPResponse, text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as RFC 4180 wants it; None is an empty cell."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in head])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def csv_reply(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HTTPResponse:
    """A table to be saved.

    Args:
        name: of the file; letters, digits and hyphens.
    """
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return text(csv_of(head, rows), content_type="text/csv; charset=utf-8; header=present", headers=headers)


def _cell(value: Any) -> str:
    """A cell that is text to every spreadsheet: what begins like a formula gets an apostrophe in front."""
    if isinstance(value, (int, float)):
        return str(value)
    cell = "" if value is None else str(value).replace("\0", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

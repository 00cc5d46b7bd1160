"""Times that the clinic offers: a file is read whole or not at all, and a time is held by one person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from bookings.models import Slot, SlotClaim
from bookings.slotfile import BadSlots, OfferedSlot
from bookings.slots import SlotBook
from tests.bookings.conftest import NOW, Clock, a_request
from tests.databases import at_once, rows

ZONE = ZoneInfo("America/Los_Angeles")
NEXT_WEEK = NOW + timedelta(days=7)


@pytest.fixture
def book(engine: Engine, clock: Clock) -> SlotBook:
    return SlotBook(engine, clock)


@pytest.fixture
def three(book: SlotBook) -> list[int]:
    """The ids of three offered times."""
    book.offer(OfferedSlot(NEXT_WEEK + timedelta(hours=hours), 30) for hours in range(3))
    return [slot.id for slot in book.free(NOW, 10)]


@pytest.fixture
def file(tmp_path: Path):
    """Writes a file of times."""

    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "slots.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def starts(book: SlotBook) -> list[str]:
    return [slot.starts_at.isoformat() for slot in book.free(NOW, 100)]


def test_a_file_is_read_with_and_without_zones(book: SlotBook, file) -> None:
    text = (
        "start,minutes,staff\n"
        "2025-03-07 09:30,30,Dana\n"
        "2025-03-10T09:30,45,\n"
        '2025-03-11T17:00:00Z,30,"Lee, Kim"\n'
        "2025-03-12T09:30-05:00,30,José\n"
    )
    assert book.import_csv(file(text), ZONE) == 4
    assert starts(book) == [
        "2025-03-07T17:30:00+00:00",
        "2025-03-10T16:30:00+00:00",  # the clocks went forward in between
        "2025-03-11T17:00:00+00:00",
        "2025-03-12T14:30:00+00:00",
    ]
    assert [(slot.minutes, slot.staff) for slot in book.free(NOW, 3)] == [(30, "Dana"), (45, ""), (30, "Lee, Kim")]


def test_a_file_from_a_spreadsheet_is_read(book: SlotBook, file) -> None:
    assert book.import_csv(file("Start,Minutes,Staff\r\n2025-03-07 09:30,30,\r\n\r\n", "utf-8-sig"), ZONE) == 1


def test_reading_it_again_offers_only_what_is_new(book: SlotBook, file, engine: Engine) -> None:
    text = "start,minutes,staff\n2025-03-07 09:30,30,Dana\n2025-03-07 09:30,30,Kim\n2025-03-07 09:30,30,Dana\n"
    assert book.import_csv(file(text), ZONE) == 2
    assert book.import_csv(file(text + "2025-03-07 10:30,30,Dana\n"), ZONE) == 1
    assert len(rows(engine, Slot)) == 3


def test_every_bad_row_is_named_and_none_is_imported(book: SlotBook, file, engine: Engine) -> None:
    bad = [
        "next tuesday,30,Dana",
        "2025-02-30 09:30,30,Dana",
        "2025-03-07 09:30,half an hour,Dana",
        "2025-03-07 09:30,0,Dana",
        "2025-03-07 09:30,\N{SUPERSCRIPT TWO}0,Dana",
        "2025-03-07 09:30",
        "2025-03-07 09:30,30,Lee, Kim",
        f"2025-03-07 09:30,30,{'x' * 121}",
        "2025-03-09 02:30,30,Dana",
        "2025-11-02 01:30,30,Dana",
    ]
    with pytest.raises(BadSlots) as raised:
        book.import_csv(file("\n".join(["start,minutes,staff", "2025-03-07 09:30,30,Dana", *bad])), ZONE)
    assert [problem.split(":")[0] for problem in raised.value.problems] == [f"line {line}" for line in range(3, 13)]
    assert "skip" in raised.value.problems[8] and "twice" in raised.value.problems[9]
    assert rows(engine, Slot) == []


@pytest.mark.parametrize("text", ["", "2025-03-07 09:30,30,Dana\n", "start;minutes;staff\n"])
def test_a_file_without_its_columns_is_refused(text: str, book: SlotBook, file) -> None:
    with pytest.raises(BadSlots, match="line 1"):
        book.import_csv(file(text), ZONE)


def test_a_file_that_is_no_text_is_refused(book: SlotBook, tmp_path: Path) -> None:
    (tmp_path / "slots.xlsx").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(BadSlots, match="UTF-8"):
        book.import_csv(tmp_path / "slots.xlsx", ZONE)


def test_past_times_are_not_free_and_the_soonest_come_first(book: SlotBook) -> None:
    book.offer(OfferedSlot(NOW + timedelta(hours=hours), 30) for hours in (5, -1, 0, 2, 9))
    assert [slot.starts_at - NOW for slot in book.free(NOW, 2)] == [timedelta(hours=2), timedelta(hours=5)]


def test_a_held_time_is_free_again_when_the_hold_expires(book: SlotBook, three, clock: Clock) -> None:
    assert book.hold(three[0], "form-1", 600)
    assert not book.hold(three[0], "form-2", 600)
    assert [slot.id for slot in book.free(clock(), 10)] == three[1:]
    clock.forward(seconds=599)
    assert not book.hold(three[0], "form-2", 600)
    clock.forward(seconds=1)
    assert [slot.id for slot in book.free(clock(), 10)] == three
    assert book.hold(three[0], "form-2", 600)
    assert not book.hold(three[0], "form-1", 600)


def test_a_holder_may_hold_longer(book: SlotBook, three, clock: Clock) -> None:
    book.hold(three[0], "form-1", 600)
    clock.forward(seconds=500)
    assert book.hold(three[0], "form-1", 600)
    clock.forward(seconds=500)
    assert not book.hold(three[0], "form-2", 600)


def test_nobody_holds_two_times_at_once(book: SlotBook, three, engine: Engine) -> None:
    book.hold(three[0], "form-1", 600)
    assert book.hold(three[1], "form-1", 600)
    assert [(row.slot_id, row.holder) for row in rows(engine, SlotClaim)] == [(three[1], "form-1")]


def test_a_refused_hold_leaves_the_one_before(book: SlotBook, three, engine: Engine) -> None:
    book.hold(three[0], "form-1", 600)
    book.hold(three[1], "form-2", 600)
    assert not book.hold(three[1], "form-1", 600)
    assert (three[0], "form-1") in [(row.slot_id, row.holder) for row in rows(engine, SlotClaim)]


def test_only_the_holder_gives_a_time_back(book: SlotBook, three) -> None:
    book.hold(three[0], "form-1", 600)
    book.release(three[0], "form-2")
    assert not book.hold(three[0], "form-2", 600)
    book.release(three[0], "form-1")
    assert book.hold(three[0], "form-2", 600)


def test_the_time_of_a_request_is_neither_held_nor_given_back_nor_lost(book: SlotBook, three, store, clock) -> None:
    book.hold(three[0], "form-1", 600)
    store.submit(a_request("form-1", slot_id=three[0]))
    book.release(three[0], "form-1")
    clock.forward(days=1)
    assert not book.hold(three[0], "form-1", 600)
    assert not book.hold(three[0], "form-2", 600)
    assert [slot.id for slot in book.free(clock(), 10)] == three[1:]


def test_a_time_that_is_past_or_not_offered_is_not_held(book: SlotBook, three, clock: Clock) -> None:
    assert not book.hold(999, "form-1", 600)
    clock.forward(days=7)
    assert not book.hold(three[0], "form-1", 600)


def test_thirty_who_hold_one_time_at_once_are_one_holder(book: SlotBook, three, engine: Engine, clock: Clock) -> None:
    for _ in range(2):  # the second round takes an expired hold over
        held = at_once(30, lambda number: book.hold(three[0], f"form-{number}", 600))
        assert sorted(held) == [False] * 29 + [True]
        assert [row.holder for row in rows(engine, SlotClaim)] == [f"form-{held.index(True)}"]
        clock.forward(hours=1)

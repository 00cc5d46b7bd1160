"""A person's requests are found by their contact, handed out whole, gone when erased, and do not come back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.database import empty_log
from bookings import privacy
from bookings.lookups import Attempt
from bookings.models import Base, ConsultationRequest, DeletedRequest, OutboxMessage, RequestHistory, SlotClaim, State
from bookings.outbox import Outbox
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.bookings.conftest import NEXT_WEEK, NOW, Clock, a_request, request_in
from tests.databases import rows

CANARIES = ("Zuzanna Quill", "zuzanna@quill.example", "+14155550199", "xylophone-pain", "Thursday zebra")


def hers(store: BookingStore, key: str = "hers", **other: object) -> str:
    """The request of a person whose words nobody else uses."""
    wish = [{"words": CANARIES[4], "days": [3], "dayparts": [], "at": None}]
    values = {"name": CANARIES[0], "contact_kind": "email", "contact": CANARIES[1], "topic": CANARIES[3]}
    return store.submit(a_request(key, **{**values, "preferred_times": wish, **other})).reference


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize(
    ("kind", "spelling"), [("email", "ZUZANNA@quill.example "), ("phone", "+1 (415) 555-0199")], ids=["email", "phone"]
)
def test_found_by_contact_in_any_spelling(store: BookingStore, kind: str, spelling: str) -> None:
    store.submit(a_request("other"))
    first = hers(store)
    second = hers(store, "hers-2", contact_kind="phone", contact=CANARIES[2], conversation_id="conversation-2")
    wanted = first if kind == "email" else second
    assert [view.reference for view in privacy.by_contact(store, kind, spelling)] == [wanted]
    assert privacy.by_contact(store, kind, "") == []
    assert [view.reference for view in privacy.by_conversations(store, ["conversation-2"])] == [second]


def test_found_by_a_contact_that_was_corrected_and_not_by_the_old_one(store: BookingStore) -> None:
    reference = hers(store)
    store.change(reference, "visitor", contact_kind="phone", contact=CANARIES[2])
    assert privacy.by_contact(store, "email", CANARIES[1]) == []
    assert privacy.by_contact(store, "phone", CANARIES[2])[0].reference == reference


def test_requests_from_before_the_hash_are_found(store: BookingStore, engine: Engine) -> None:
    reference = hers(store)
    for i in range(3):
        store.submit(a_request(f"call-{i}", contact_kind="none", contact=""))
    with engine.begin() as connection:
        connection.execute(ConsultationRequest.__table__.update().values(contact_hash=None))
    assert privacy.by_contact(store, "email", CANARIES[1])[0].reference == reference
    assert privacy.fill_hashes(store) == 0


def test_one_that_cannot_be_read_does_not_hide_others(store: BookingStore, engine: Engine) -> None:
    table = ConsultationRequest.__table__
    damaged, reference = store.submit(a_request("damaged")).reference, hers(store)
    with engine.begin() as connection:
        connection.execute(table.update().values(contact_hash=None))
        connection.execute(table.update().where(table.c.reference == damaged).values(contact=b"damaged"))
    assert [view.reference for view in privacy.by_contact(store, "email", CANARIES[1])] == [reference]


def test_the_export_holds_all_that_is_kept(store: BookingStore) -> None:
    reference = hers(store)
    store.confirm_time(reference, NEXT_WEEK, 30, "Dana")
    exported = str(privacy.export(store, [reference]))
    assert all(word in exported for word in (CANARIES[0], CANARIES[1], CANARIES[3], CANARIES[4], reference, "Dana"))
    assert "request.scheduled" in exported and "visitor_email" in exported


def test_nothing_is_left_of_an_erased_request_and_all_of_others(store: BookingStore, engine: Engine, slots) -> None:
    other = request_in(store, State.SCHEDULED)
    before = everything(engine)
    slot = slots.free(NOW, 1)[0]
    reference = hers(store, slot_id=slot.id, conversation_id="hers")
    store.confirm_time(reference, slot.starts_at, 30, "Dana")
    with sa.orm.Session(engine) as session, session.begin():
        Attempt(session, "hers", reference, NOW).failed()
    done = privacy.erase(store, [reference], ["hers"], NOW)
    assert done.counts["consultation_requests"] == 1 and done.counts["slot_claims"] == 1
    assert done.counts["request_history"] == 2 and done.counts["outbox"] == 5 and done.counts["failed_lookups"] == 2
    left = privacy.left(engine, done.ids)
    assert sum(left.values()) == 0 and set(left) == set(Base.metadata.tables)
    after = everything(engine)
    assert [(len(row[0]),) for row in after.pop("deleted_requests")] == [(64,)]
    assert after == {name: found for name, found in before.items() if name != "deleted_requests"}
    assert store.get(other).name == "Maria O'Neil"


def test_the_check_finds_what_is_left(store: BookingStore, engine: Engine) -> None:
    reference = hers(store)
    done = privacy.erase(store, [reference], [], NOW)
    store.submit(a_request("hers"))  # the same form, sent again
    assert privacy.left(engine, done.ids)["consultation_requests"] == 1


def test_nothing_is_erased_while_a_message_about_it_is_being_sent(
    store: BookingStore, engine: Engine, cipher: ContactCipher, clock: Clock
) -> None:
    reference = hers(store)
    Outbox(engine, cipher, clock).claim(1)
    with pytest.raises(privacy.BeingSent):
        privacy.erase(store, [reference], [], clock.now)
    assert store.get(reference).name == CANARIES[0] and privacy.erased(engine) == set()
    clock.forward(minutes=2)
    assert privacy.erase(store, [reference], [], clock.now).counts["outbox"] == 2


def test_what_was_sent_to_others_is_counted(store: BookingStore, engine: Engine) -> None:
    reference = hers(store)
    with engine.begin() as connection:
        connection.execute(OutboxMessage.__table__.update().values(delivered_at=NOW))
    assert privacy.erase(store, [reference], [], NOW).sent == 2


def test_the_files_hold_no_word_of_hers(store: BookingStore, engine: Engine, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL overwrites deleted rows when it uses their space again: docs/safety.md")
    for i in range(30):
        store.submit(a_request(f"other-{i}"))
        hers(store, f"hers-{i}")
    references = [view.reference for view in privacy.by_contact(store, "email", CANARIES[1])]
    privacy.erase(store, references, [], NOW)
    assert empty_log(engine)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("bookings.db*"))
    assert b"Thursday mornings" in content
    assert not any(word.encode() in content for word in (*CANARIES, *references))


def test_a_backup_brings_nothing_back(store: BookingStore, engine: Engine, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("copies a SQLite file; of PostgreSQL tests/assistant/operations/test_backup.py restores a backup")
    reference, other = hers(store), store.submit(a_request("other")).reference
    source, backup = (sqlite3.connect(tmp_path / name) for name in ("bookings.db", "backup.db"))
    with closing(source), closing(backup):
        source.backup(backup)
    privacy.erase(store, [reference], [], NOW)
    hashes = privacy.erased(engine)
    source, backup = (sqlite3.connect(tmp_path / name) for name in ("bookings.db", "backup.db"))
    with closing(source), closing(backup):
        backup.backup(source)
    assert privacy.by_references(store, [reference])
    assert privacy.erase_again(store, hashes, NOW) == 1
    assert [view.reference for view in privacy.by_references(store, [reference, other])] == [other]
    assert len(rows(engine, DeletedRequest)) == 1
    assert privacy.erase_again(store, (), NOW) == 0


def test_what_is_kept_too_long_goes_by_batches(store: BookingStore, engine: Engine, clock: Clock) -> None:
    for state in (State.NEW, State.DONE, State.CANCELLED):
        request_in(store, state)
    clock.forward(days=100)
    booked = store.submit(a_request("booked")).reference
    store.confirm_time(booked, clock.now + timedelta(days=400), 30, "Dana")
    fresh = store.submit(a_request("fresh")).reference
    clock.forward(days=300)
    store.assign(fresh, "Dana", "Dana")
    before = clock.now - timedelta(days=90)
    assert privacy.due(engine, before) == privacy.Due(3, 1)
    counts = [privacy.delete_due(engine, before, 2)["consultation_requests"] for _ in range(3)]
    assert counts == [2, 1, 0]
    assert {row.reference for row in rows(engine, ConsultationRequest)} == {booked, fresh}
    assert {row.request_id for row in rows(engine, RequestHistory)} == {
        row.id for row in rows(engine, ConsultationRequest)
    }
    assert rows(engine, SlotClaim) == [] and rows(engine, DeletedRequest) == [], "only who asks for it is remembered"


def test_a_contact_is_found_fast_among_many_requests(store: BookingStore, engine: Engine) -> None:
    hers(store)
    with engine.begin() as connection:
        query = sa.select(ConsultationRequest.__table__).where(ConsultationRequest.contact_hash == "x")
        prefix = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "SET enable_seqscan = off; EXPLAIN "
        text = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
        assert "contact_hash" in str(connection.exec_driver_sql(prefix + text).fetchall())

"""One person is found, handed out, erased with proof; what is kept too long goes; nothing is seen in passing."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from assistant.clock import utc_now
from assistant.conversations import models, queries, review
from assistant.conversations.spool import Spool
from assistant.conversations.turns import Turn, ensure_conversation, write_turn
from assistant.database import empty_log, writing
from assistant.privacy import Ledger
from bookings.models import Base, ConsultationRequest, OutboxMessage
from console.staff.audit import Entry
from console.staff.policy import Role
from console.staff.retention import Due, Periods, Retention
from tests.bookings.conftest import a_request
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, words_of
from tests.databases import rows

NAME, PHONE, EMAIL = "Zuzanna Quill", "+14155550199", "zuzanna@quill.example"
WORDS = ("xylophone pain", "rudezebra", "notedzebra", "Thursday zebra")
CANARIES = (NAME, PHONE, EMAIL, *WORDS)
DAY = 86400.0


@dataclass
class Case:
    """A person in the store, beside another."""

    console: Console
    reference: str
    other: str
    folder: Path

    def everything(self) -> str:
        """All rows of all databases, and the files of the data folder."""
        found = []
        parts = self.console.parts
        for engine, base in ((parts.conversations, models.Base), (parts.bookings.engine, Base)):
            with engine.connect() as connection:
                for table in base.metadata.sorted_tables:
                    found += [str(tuple(row)) for row in connection.execute(sa.select(table))]
            assert empty_log(engine)
        cipher = parts.bookings.cipher
        for row in rows(parts.bookings.engine, ConsultationRequest):
            found += [cipher.decrypt(row.name, "requests.name"), cipher.decrypt(row.contact, "requests.contact")]
        for row in rows(parts.bookings.engine, OutboxMessage):
            found.append(cipher.decrypt(row.payload, "outbox.payload"))
        assert empty_log(parts.staff)
        found += [path.read_bytes().decode("latin-1") for path in self.folder.rglob("*") if path.is_file()]
        return "\n".join(found)


@pytest.fixture
def case(console: Console, tmp_path: Path) -> Iterator[Case]:
    say(console, "hers", asked(f"I am {NAME}, {WORDS[0]}"), answered("It may help."))
    say(console, "hers", asked(f"call 415-555-0199 or write to {EMAIL}"), answered("Noted."))
    say(console, "his", asked("I am Oscar"), answered("It may help."))
    say(console, "mention", asked("my wife has 415-555-0199"), answered("Thank you."))
    with writing(console.parts.conversations) as session:
        queries.rate(session, "hers", 2, "down", WORDS[1], NOW)
        review.add_note(session, "hers", "clara", WORDS[2], NOW)
    wish = [{"words": WORDS[3], "days": [3], "dayparts": [], "at": None}]
    hers = a_request(
        "hers",
        conversation_id="hers",
        name=NAME,
        contact_kind="phone",
        contact=PHONE,
        topic=WORDS[0],
        preferred_times=wish,
        due_at=utc_now() + timedelta(days=1),
    )
    reference = console.parts.bookings.submit(hers).reference
    console.parts.bookings.change(reference, "visitor", contact_kind="email", contact=EMAIL)
    console.parts.bookings.change(reference, "visitor", contact_kind="phone", contact=PHONE)
    console.parts.bookings.confirm_time(reference, utc_now() + timedelta(days=9), 30, "dana")
    other = console.parts.bookings.submit(a_request("his", conversation_id="his", name="Oscar")).reference
    spool = Spool(tmp_path / "spool")
    spool.append(Turn("hers", [{"event": "user", "text": f"{NAME} again", "timestamp": NOW}], 4))
    yield Case(console, reference, other, tmp_path)


def say(console: Console, conversation_id: str, *events: dict[str, Any]) -> None:
    """Store what was said when it was, by the tests' clock."""
    with writing(console.parts.conversations) as session:
        ensure_conversation(session.connection(), conversation_id, "webchat", events[0]["timestamp"])
        write_turn(session, Turn(conversation_id, list(events), None))


def erase(admin: Colleague, reference: str, **fields: Any) -> httpx.Response:
    chosen = {"reference": reference, "conversation": "hers", "reason": "asked by letter", "sure": "yes"}
    return admin.post("/privacy/erase", **{**chosen, **fields})


def trail_text(console: Console) -> str:
    return str([(entry.action, entry.object, dict(entry.detail)) for entry in console.trail()])


def entry_of(console: Console, action: str) -> Entry:
    return console.trail(action=action)[0]


def ticked(page: httpx.Response) -> dict[str, bool]:
    """The boxes of a page, and whether they are ticked."""
    boxes = re.findall(r'<input type="checkbox"[^>]*value="([^"]*)"([^>]*)>', page.text)
    return {value: " checked" in more for value, more in boxes}


@pytest.mark.parametrize("typed", ["reference", PHONE, "(415) 555-0199", "hers"])
def test_a_person_is_found_and_masked(case: Case, typed: str) -> None:
    admin = case.console.as_(Role.ADMIN)
    page = admin.post("/privacy/find", q=case.reference if typed == "reference" else typed)
    assert page.status_code == 200
    assert ticked(page) == {case.reference: True, "hers": True}
    assert "phone ending in 99" in words_of(page)
    assert not any(canary in page.text.replace(f'value="{typed}"', "") for canary in CANARIES)
    assert not any(canary in trail_text(case.console) for canary in (*CANARIES, typed if typed != "hers" else NAME))


def test_names_are_shown_with_a_reason(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    without = admin.post("/privacy/reveal", q=case.reference)
    assert without.status_code == 422 and NAME not in without.text
    page = admin.post("/privacy/reveal", q=case.reference, reason="asked by letter")
    assert NAME in page.text and PHONE in html.unescape(page.text)
    assert entry_of(case.console, "privacy.revealed").detail == {"reason": "asked by letter"}


@pytest.mark.parametrize(
    "typed", ["", "nobody", "SR-4K7M-92PQ", "415", "'; DROP TABLE messages; --", "a@b", "x" * 3000]
)
def test_what_finds_nobody_is_answered_in_words(case: Case, typed: str) -> None:
    page = case.console.as_(Role.ADMIN).post("/privacy/find", q=typed)
    assert page.status_code in (200, 422) and 'role="alert"' in page.text


def test_the_search_comes_by_post_only(case: Case) -> None:
    assert case.console.as_(Role.ADMIN).get(f"/privacy/find?q={EMAIL}").status_code in (404, 405)


def test_the_export_holds_everything(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    chosen = {"q": case.reference, "reference": case.reference, "conversation": "hers"}
    for form in ("json", "markdown"):
        assert admin.post("/privacy/export", format=form, **chosen).status_code == 422, "a reason is missing"
        reply = admin.post("/privacy/export", format=form, reason="asked by letter", **chosen)
        assert "attachment" in reply.headers["content-disposition"]
        assert reply.headers["cache-control"] == "no-store"
        missing = {canary for canary in CANARIES if canary not in reply.text}
        assert missing <= ({EMAIL} if form == "markdown" else set()), "transcripts are without it, as they are stored"
        assert "Oscar" not in reply.text
    exported = json.loads(admin.post("/privacy/export", format="json", reason="x", **chosen).text)
    assert {len(exported["requests"]), len(exported["conversations"])} == {1}
    assert entry_of(case.console, "privacy.exported").detail["reason"] == "x"
    assert admin.post("/privacy/export", q=case.reference, reason="x").status_code == 422


def test_erasing_asks_twice(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    page = admin.post("/privacy/confirm", reference=case.reference, conversation="hers")
    assert "appointment" in words_of(page) and "still open" in words_of(page)
    assert admin.post("/privacy/confirm", q=case.reference).status_code == 422
    assert erase(admin, case.reference, reason="").status_code == 422
    assert erase(admin, case.reference, sure="").status_code == 422
    assert admin.post("/privacy/erase", reason="x", sure="yes").status_code == 422
    assert case.console.parts.bookings.get(case.reference).name == NAME


def test_nothing_is_left_after_erasing(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    before = case.everything()
    assert all(canary in before for canary in CANARIES)
    done = erase(admin, case.reference)
    assert done.status_code == 303
    after = case.everything()
    assert [canary for canary in (*CANARIES, "Zuzanna", case.reference) if canary in after] == []
    assert "my wife has [phone number]" in after, "somebody else's conversation, which was not ticked"
    assert case.console.parts.bookings.get(case.other).name == "Oscar" and "I am [name]" in after
    page = admin.get(done.headers["location"].removeprefix("/staff"))
    entry = entry_of(case.console, "person.erased")
    for words in ("Nothing is left", f"entry {entry.number}", entry.seal, "Ada Admin (ada)", "Consultation requests"):
        assert words in words_of(page)
    text = admin.get(f"/privacy/certificates/{entry.number}/text")
    assert "attachment" in text.headers["content-disposition"] and entry.seal in text.text
    for shown in (page.text, text.text):
        assert not any(canary in shown for canary in (*CANARIES, case.reference, "asked by letter"))
    assert entry_of(case.console, "person.erasing").detail["reason"] == "asked by letter"
    assert case.console.parts.audit.verify().broken_at is None
    assert f"certificates/{entry.number}" in admin.get("/privacy").text


def test_a_certificate_says_when_something_is_left(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.conversations.spool_erasure._without_words", lambda line, conversation_id: line)
    admin = case.console.as_(Role.ADMIN)
    page = admin.get(erase(admin, case.reference).headers["location"].removeprefix("/staff"))
    assert "Not everything is gone" in words_of(page) and "waiting in files: 1" in words_of(page)


def test_no_other_entry_of_the_trail_is_a_certificate(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    admin.get("/privacy")
    for path in ("/privacy/certificates/1", "/privacy/certificates/999", "/privacy/certificates/1/text"):
        assert admin.get(path).status_code == 404


def test_nothing_is_erased_without_the_audit_trail(case: Case) -> None:
    admin = case.console.as_(Role.ADMIN)
    with case.console.parts.staff.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_away")
    assert erase(admin, case.reference).status_code == 503
    assert case.console.parts.bookings.get(case.reference).name == NAME


def test_what_visitors_write_is_text_on_these_pages(case: Case) -> None:
    name = "<script>alert(1)</script>"
    request = a_request("xss", conversation_id='"><img src=x>', name=name, contact=PHONE)
    case.console.parts.bookings.submit(request)
    say(case.console, '"><img src=x>', asked("<b>hello</b>"))
    page = case.console.as_(Role.ADMIN).post("/privacy/reveal", q=PHONE, reason="<i>x</i>")
    assert page.status_code == 200 and "&lt;script&gt;" in page.text
    assert not any(tag in page.text for tag in ("<script>alert", "<img", "<i>"))


def test_the_periods_are_shown_tried_and_set(case: Case) -> None:
    case.console.clock.at += 40 * DAY
    admin = case.console.as_(Role.ADMIN)
    assert 'value="90"' in admin.get("/privacy").text and 'value="365"' in admin.get("/privacy").text
    tried = admin.post("/privacy/retention", conversations="30", requests="365")
    assert "3 conversations" in words_of(tried) and "0 consultation requests" in words_of(tried)
    assert 'value="90"' in admin.get("/privacy").text, "nothing is set yet"
    assert admin.post("/privacy/retention", conversations="30", requests="365", step="save").status_code == 303
    assert 'value="30"' in admin.get("/privacy").text
    assert entry_of(case.console, "retention.changed").detail == {"conversations": 30, "requests": 365}
    for wrong in ("", "0", "-1", "3651", "1.5", "x", "９"):
        assert admin.post("/privacy/retention", conversations=wrong, requests="9", step="save").status_code == 422


def retention_of(console: Console) -> Retention:
    parts = console.parts
    return Retention(parts.staff, parts.conversations, parts.bookings, parts.audit, 365, console.clock)


def test_what_is_older_is_deleted_once_an_hour_by_one_process(case: Case) -> None:
    one, other = retention_of(case.console), retention_of(case.console)
    case.console.clock.at += 3600
    assert one.run_if_time() and not other.run_if_time() and not one.run_if_time()
    assert case.console.trail(action="retention.deleted") == [] and len(rows(*conversations(case))) == 3
    say(case.console, "new", asked("hello", at=NOW + 89 * DAY))
    case.console.clock.at += 91 * DAY
    assert other.run_if_time() and not one.run_if_time()
    assert {row.id for row in rows(*conversations(case))} == {"new"}
    assert entry_of(case.console, "retention.deleted").detail == {"conversations": 3, "requests": 0}
    assert case.console.parts.bookings.get(case.reference).name == NAME
    case.console.clock.at = utc_now().timestamp() + 400 * DAY
    assert one.run() == Due(1, 2, 0)
    after = case.everything()
    assert [canary for canary in CANARIES if canary in after] == [], "what is in the spool is encrypted"


def conversations(case: Case) -> tuple[Any, Any]:
    return case.console.parts.conversations, models.Conversation


def test_other_periods_delete_something_else(case: Case) -> None:
    retention = retention_of(case.console)
    case.console.clock.at = utc_now().timestamp() + 20 * DAY
    retention.set_periods(Periods(3650, 10), "ada")
    assert retention.due(retention.periods()) == Due(0, 2, 2)
    assert retention.run() == Due(0, 2, 0)


def test_a_request_that_a_backup_brings_back_goes_again(case: Case) -> None:
    admin, parts = case.console.as_(Role.ADMIN), case.console.parts
    table = ConsultationRequest.__table__
    with parts.bookings.engine.connect() as connection:
        row = dict(connection.execute(sa.select(table).where(table.c.reference == case.reference)).mappings().one())
    erase(admin, case.reference)
    with parts.bookings.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM deleted_requests")
        connection.execute(table.insert().values(**row))
    assert parts.bookings.get(case.reference).name == NAME
    assert retention_of(case.console).keep_erased() == 1
    assert NAME not in case.everything()
    assert entry_of(case.console, "retention.erased_again").detail == {"count": 1}
    assert len(Ledger.load().read("request")) == 1


def test_the_job_ends_with_the_console_and_survives_a_bad_hour(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    retention, runs = retention_of(case.console), []
    monkeypatch.setattr("console.staff.retention._LOOK", 0.01)
    monkeypatch.setattr(retention, "keep_erased", lambda: runs.append("first"))

    def fail() -> bool:
        runs.append("again")
        raise OSError

    monkeypatch.setattr(retention, "run_if_time", fail)

    async def scenario() -> None:
        job = asyncio.ensure_future(retention.go_on())
        while len(runs) < 3:
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    asyncio.run(scenario())
    assert runs[:3] == ["first", "again", "again"]


@pytest.mark.parametrize("role", [None, Role.FRONT_DESK, Role.CLINICIAN, Role.AUDITOR], ids=str)
def test_only_admins_get_in(case: Case, role: Role | None) -> None:
    somebody = case.console.as_(role)
    for path in ("find", "reveal", "export", "confirm", "erase", "retention"):
        assert somebody.post(f"/privacy/{path}", q=case.reference).status_code in (401, 403)
    assert case.console.parts.bookings.get(case.reference).name == NAME

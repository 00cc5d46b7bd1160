"""Settings of bookings are read once and refused by name; the store that they make is a whole one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.database import BOOKINGS, database_url, open_database
from bookings.models import Slot
from bookings.settings import BookingSettings, BookingSettingsError, open_store
from bookings.slots import SlotBook
from tests.bookings.conftest import a_request
from tests.databases import rows


def test_nothing_set_gives_no_link_and_takes_real_phone_numbers_only() -> None:
    settings = BookingSettings.from_env({})
    assert settings == BookingSettings("", False)
    assert settings.link("token") is None and settings.page("token") is None


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://clinic.test", "https://clinic.test/booking/token"),
        ("https://clinic.test/assistant/", "https://clinic.test/assistant/booking/token"),
        ("http://localhost:8080", "http://localhost:8080/booking/token"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/booking/token"),
    ],
)
def test_the_link_is_below_the_address_of_the_web_pages(url: str, link: str) -> None:
    settings = BookingSettings.from_env({"PUBLIC_URL": url})
    assert settings.link("token") == link
    assert settings.page("token") == link.replace("/booking/", "/book/")


@pytest.mark.parametrize(
    "url",
    [
        "http://clinic.test",
        "clinic.test",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "https://user:secret@clinic.test",
        "https://clinic.test/?a=b",
    ],
)
def test_an_address_that_would_give_links_away_is_refused(url: str) -> None:
    with pytest.raises(BookingSettingsError, match="PUBLIC_URL") as refused:
        BookingSettings.from_env({"PUBLIC_URL": url})
    assert "secret" not in str(refused.value)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(BookingSettingsError, match="PUBLIC_URL.*ALLOW_FICTIONAL_PHONES"):
        BookingSettings.from_env({"PUBLIC_URL": "x", "ALLOW_FICTIONAL_PHONES": "yes"})


@pytest.mark.parametrize(("value", "allowed"), [("1", True), ("0", False), ("", False)])
def test_fictional_phones_are_allowed_by_a_one(value: str, allowed: bool) -> None:
    assert BookingSettings.from_env({"ALLOW_FICTIONAL_PHONES": value}).allow_fictional_phones is allowed


def test_the_store_is_built_and_offers_the_clinics_times_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BOOKINGS_KEY", "SMTP_URL", "MAIL_FROM", "STAFF_EMAIL", "BOOKING_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    start = (utc_now() + timedelta(days=30)).replace(microsecond=0)
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    clinic = Clinic(slots=(start, past), consultation_minutes=30)
    reference = open_store(clinic).submit(a_request()).reference
    assert open_store(clinic).get(reference).name == "Maria O'Neil"
    engine = open_database(database_url(BOOKINGS))
    assert len(rows(engine, Slot)) == 2
    (free,) = SlotBook(engine, utc_now).free(utc_now(), 10)
    assert (free.starts_at, free.minutes) == (start, 30)

"""Phone numbers and e-mail addresses as visitors type them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.contact import Contacts, Found, Reason, Refused, find_contacts, find_email, find_phone


@pytest.mark.parametrize(
    ("typed", "e164", "shown"),
    [
        ("415 273 9164", "+14152739164", "(415) 273-9164"),
        ("my number is 4152739164.", "+14152739164", "(415) 273-9164"),
        ("(415)273-9164 call after 3", "+14152739164", "(415) 273-9164"),
        ("thursday 2-4, 415.273.9164", "+14152739164", "(415) 273-9164"),
        ("+1 415 273 9164", "+14152739164", "(415) 273-9164"),
        ("４１５ ２７３ ９１６４", "+14152739164", "(415) 273-9164"),
        ("+44 20 7946 0018", "+442079460018", "+44 20 7946 0018"),
        ("911? no, 415 273 9164", "+14152739164", "(415) 273-9164"),
        ("12345 or 628 273 9164", "+16282739164", "(628) 273-9164"),
    ],
)
def test_a_phone_number_is_found(typed: str, e164: str, shown: str) -> None:
    found = find_phone(typed)
    assert isinstance(found, Found), found
    assert (found.value, found.shown) == (e164, shown)
    assert found.words in typed


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("911", Reason.SHORT_NUMBER),
        ("call 988", Reason.SHORT_NUMBER),
        ("12345", Reason.TOO_SHORT),
        ("273 9164", Reason.TOO_SHORT),
        ("1234", Reason.TOO_SHORT),
        ("415 273 91645", Reason.TOO_LONG),
        ("1234567890123456789", Reason.TOO_LONG),
        ("1" * 500, Reason.TOO_LONG),
        ("123 456 7890", Reason.NOT_VALID),
        ("000 000 0000", Reason.NOT_VALID),
        ("1-800-FLOWERS", Reason.LETTERS),
        ("415-ABC-DEFG", Reason.LETTERS),
        ("415 555 0134", Reason.FICTIONAL),
        ("900 234 5678", Reason.PREMIUM_RATE),
    ],
)
def test_a_number_that_nobody_can_be_reached_by_is_refused(typed: str, reason: Reason) -> None:
    refused = find_phone(typed)
    assert isinstance(refused, Refused), refused
    assert refused.reason is reason


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "i have 3 kids",
        "thursday 2-4",
        "12/3/2026 at 10:30",
        "2026-12-03",
        "$1500",
        "maria4152739164@gmail.com",
        "call me maybe",
        "1",
        "four one five",
    ],
)
def test_other_numbers_are_left_alone(typed: str) -> None:
    assert find_phone(typed) is None


def test_a_fictional_number_is_for_demonstrations_only() -> None:
    found = find_phone("415 555 0134", allow_fictional=True)
    assert isinstance(found, Found)
    assert found.value == "+14155550134"


def test_the_clinics_country_decides_how_a_number_without_code_is_read() -> None:
    found = find_phone("020 7946 0018", country="GB")
    assert isinstance(found, Found)
    assert (found.value, found.shown) == ("+442079460018", "020 7946 0018")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("maria@clinic.org", "maria@clinic.org"),
        ("Maria.Lopez@Gmail.com,", "Maria.Lopez@gmail.com"),
        ("(maria@clinic.org).", "maria@clinic.org"),
        ("<maria@clinic.org>", "maria@clinic.org"),
        ("mailto:me@site.com", "me@site.com"),
        ("maria @ gmail.com", "maria@gmail.com"),
        ("maria at gmail dot com", "maria@gmail.com"),
        ("my email is maria dot lopez at gmail dot com thanks", "maria.lopez@gmail.com"),
        ("maria [at] clinic [dot] org", "maria@clinic.org"),
        ("maria_lopez at yahoo.com", "maria_lopez@yahoo.com"),
        ("josé@exámple.com", "josé@exámple.com"),
        ("user@münchen.de", "user@münchen.de"),
        ("a@b or maria@clinic.org", "maria@clinic.org"),
    ],
)
def test_an_email_address_is_found(typed: str, address: str) -> None:
    found = find_email(typed)
    assert isinstance(found, Found), found
    assert (found.value, found.suggestion) == (address, None)
    assert found.words in typed


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("a@b", Reason.NO_DOMAIN),
        ("a@b.c", Reason.NOT_VALID),
        ("a..b@gmail.com", Reason.NOT_VALID),
        ("x@" + "a" * 300 + ".com", Reason.NOT_VALID),
        ("it's maria lopez at gmail dot com", Reason.SPACES),
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(typed: str, reason: Reason) -> None:
    refused = find_email(typed)
    assert isinstance(refused, Refused), refused
    assert refused.reason is reason


@pytest.mark.parametrize(
    "typed", ["", "@maria", "see you at work.thanks", "meet me at noon", "thursday @ 2", "'; DROP x; --"]
)
def test_other_texts_hold_no_address(typed: str) -> None:
    assert find_email(typed) is None


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("x@gmial.com", "x@gmail.com"),
        ("x@gmail.con", "x@gmail.com"),
        ("x@hotmial.com", "x@hotmail.com"),
        ("x@yahooo.com", "x@yahoo.com"),
        ("x@ymail.com", None),
        ("x@mail.com", None),
        ("x@hotmail.ca", None),
    ],
)
def test_a_probable_slip_is_offered_and_not_put_in(typed: str, suggestion: str | None) -> None:
    found = find_email(typed)
    assert isinstance(found, Found)
    assert (found.value, found.suggestion) == (typed, suggestion)


def test_both_ways_are_found_in_one_message() -> None:
    contacts = find_contacts("I'm Maria, 415 273 9164 or maria273@gmail.com, Thursday mornings")
    assert isinstance(contacts.phone, Found) and isinstance(contacts.email, Found)
    assert (contacts.phone.value, contacts.email.value) == ("+14152739164", "maria273@gmail.com")
    assert find_contacts("thursday mornings") == Contacts(phone=None, email=None)


def test_contact_data_stays_out_of_logs() -> None:
    shown = repr(find_contacts("415 273 9164 maria@clinic.org")) + repr(find_contacts("415 555 0134 a@b"))
    assert not any(secret in shown for secret in ("273", "555", "maria", "a@b"))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=2_000), st.text("0123456789+-() .@adot", max_size=2_000)))
def test_no_text_breaks_the_reader_or_keeps_it_busy(text: str) -> None:
    find_contacts("415 273 9164")  # loads what is loaded once
    began = time.process_time()
    find_contacts(text)
    assert time.process_time() - began < 0.1

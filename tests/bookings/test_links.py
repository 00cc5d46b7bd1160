"""A link opens its request, for a while; nobody makes one up."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tokens import Expired, Forged
from bookings.links import LINK_LABEL, PAGE_LABEL, PAGE_LIFETIME, read_link, read_page, sign_link, sign_page
from bookings.models import Kind
from bookings.reference import new_reference
from bookings.secrets import ContactCipher
from tests.bookings.conftest import NOW

SECRET = ContactCipher(b"k" * 32).derive(LINK_LABEL)
WEEK = timedelta(days=7)
REFERENCE = "SR-4K7M-92PX"


def test_a_link_opens_its_request_until_it_expires() -> None:
    token = sign_link(REFERENCE, SECRET, NOW)
    assert read_link(token, SECRET, NOW, WEEK) == REFERENCE
    assert read_link(token, SECRET, NOW + WEEK, WEEK) == REFERENCE
    with pytest.raises(Expired):
        read_link(token, SECRET, NOW + WEEK + timedelta(seconds=1), WEEK)


def test_a_link_needs_no_quoting_and_fits_in_a_text_message() -> None:
    tokens = [sign_link(new_reference(), SECRET, NOW) for _ in range(100)]
    assert all(quote(token, safe="") == token for token in tokens)
    assert max(map(len, tokens)) < 100


@pytest.mark.parametrize("other", [ContactCipher(b"o" * 32).derive(LINK_LABEL), b"k" * 32, b""])
def test_another_secret_opens_nothing(other: bytes) -> None:
    with pytest.raises(Forged):
        read_link(sign_link(REFERENCE, other, NOW), SECRET, NOW, WEEK)


def test_any_changed_character_is_noticed() -> None:
    token = sign_link(REFERENCE, SECRET, NOW)
    # The last character of base64 holds bits that no byte needs: changed there, it may well be the same signature.
    for at in range(len(token) - 1):
        with pytest.raises(Forged):
            read_link(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :], SECRET, NOW, WEEK)


def test_a_link_from_the_future_is_not_taken() -> None:
    with pytest.raises(Expired):
        read_link(sign_link(REFERENCE, SECRET, NOW + timedelta(days=1)), SECRET, NOW, WEEK)


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(Forged):
        read_link(text, SECRET, NOW, WEEK)


def test_a_page_is_of_one_conversation_and_one_request_for_a_day() -> None:
    secret = ContactCipher(b"k" * 32).derive(PAGE_LABEL)
    token = sign_page("telegram:ab12", Kind.CONSULTATION, "key-1", secret, NOW)
    assert quote(token, safe="") == token
    assert read_page(token, secret, NOW + PAGE_LIFETIME) == ("telegram:ab12", Kind.CONSULTATION, "key-1")
    with pytest.raises(Expired):
        read_page(token, secret, NOW + PAGE_LIFETIME + timedelta(seconds=1))


def test_a_link_to_a_request_opens_no_page_nor_the_other_way_round() -> None:
    with pytest.raises(Forged):
        read_page(sign_link(REFERENCE, SECRET, NOW), SECRET, NOW)
    with pytest.raises(Forged):
        read_link(sign_page("telegram:ab12", Kind.CONSULTATION, "key-1", SECRET, NOW), SECRET, NOW, WEEK)

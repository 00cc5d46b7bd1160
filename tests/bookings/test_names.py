"""Names as visitors type them: their spelling is kept, and nothing else is taken for one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.names import Name, Reason, Refused, find_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Maria", "Maria"),
        ("maria lopez", "maria lopez"),
        ("it's Maria", "Maria"),
        ("my name is O'Neil", "O'Neil"),
        ("my name’s O’Neil.", "O’Neil"),
        ("José", "José"),
        ("Jose\u0301", "Jose\u0301"),
        ("李", "李"),
        ("محمد علی", "محمد علی"),
        ("Ngũgĩ wa Thiong'o", "Ngũgĩ wa Thiong'o"),
        ("I'm Dr. Anne-Marie d'Arcy", "Dr. Anne-Marie d'Arcy"),
        ("J. R. Smith", "J. R. Smith"),
        ("María de los Ángeles García López", "María de los Ángeles García López"),
        ("you can call me Bo", "Bo"),
        ("call me Al pls", "Al"),
        ("hi, i'm bo!", "bo"),
        ("me llamo José", "José"),
        ("Maria 😊", "Maria"),
        ('"Bo"', "Bo"),
        ("Maria (she/her)", "Maria"),
        ("Lopez, Maria", "Lopez, Maria"),
        ("My Tran", "My Tran"),
        ("grace", "grace"),
        ("Maria, 415 273 9164", "Maria"),
        ("Maria Lopez my number is 415 273 9164", "Maria Lopez"),
        ("maria@clinic.org Maria", "Maria"),
        ("Maria Lopez, thursday mornings", "Maria Lopez"),
        ("Maria. I want to book", "Maria"),
        ("Maria and I want thursday", "Maria"),
        ("\u202eMaria\u0000\u200b", "Maria"),
        ("  Maria\t Lopez \n", "Maria Lopez"),
    ],
)
def test_a_name_that_was_asked_for_keeps_its_spelling(typed: str, name: str) -> None:
    found = find_name(typed, expected=True)
    assert isinstance(found, Name), found
    assert found.value == name


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("a" * 500, Reason.TOO_LONG),
        ("maria " * 90, Reason.TOO_LONG),
        ("R2D2", Reason.DIGITS),
        ("415 273 9164", Reason.DIGITS),
        ("www.maria.com", Reason.URL),
        ("https://maria.example", Reason.URL),
        ("maria@clinic.org", Reason.EMAIL),
        ("<b>Maria</b>", Reason.MARKUP),
        ("<script>alert(1)</script>", Reason.MARKUP),
        ("Robert'); DROP TABLE students;--", Reason.MARKUP),
        ("{{7*7}}", Reason.MARKUP),
        ("🙂🙂", Reason.SYMBOLS),
        ("!!!", Reason.SYMBOLS),
        ("Ma☃ria", Reason.SYMBOLS),
        ("Z\u0301\u0302\u0303\u0304\u0305algo", Reason.SYMBOLS),
    ],
)
def test_what_cannot_be_a_name_is_refused(typed: str, reason: Reason) -> None:
    assert find_name(typed, expected=True) == Refused(reason)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "what does it cost?",
        "why do you need that",
        "how much",
        "Maria who?",
        "no thanks",
        "No",
        "stop",
        "go back",
        "I don't want to",
        "I'M SCARED",
        "I'm anxious",
        "Depression",
        "prefer not to say",
        "tell me about side effects",
        "my name is not important",
        "this is ridiculous",
        "not telling you",
        "call me back",
    ],
)
def test_an_answer_that_is_no_name_is_left_to_the_dialogue(typed: str) -> None:
    assert find_name(typed, expected=True) is None


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ("I'm Maria, 415 273 9164, Thursday mornings", "Maria", "I'm Maria"),
        ("i'm maria, 415 273 9164", "maria", "i'm maria"),
        ("hi, my name is maria lopez", "maria lopez", "hi, my name is maria lopez"),
        ("this is José.", "José", "this is José."),
        ("hi I'm Maria and I want to book", "Maria", "hi I'm Maria"),
        ("my name is Grace", "Grace", "my name is Grace"),
        ("I'm O'Neil, oneil@clinic.org", "O'Neil", "I'm O'Neil"),
    ],
)
def test_a_name_is_noticed_without_being_asked_for(typed: str, name: str, words: str) -> None:
    found = find_name(typed, expected=False)
    assert isinstance(found, Name), found
    assert (found.value, found.words) == (name, words)


@pytest.mark.parametrize(
    "typed",
    [
        "Maria",
        "I'm anxious",
        "I'm in pain",
        "I'm scared",
        "I'm Exhausted",
        "I'm free thursday",
        "i'm vegetarian",
        "I'm 45",
        "I am from Texas",
        "this is urgent",
        "This is Great",
        "it's about depression",
        "call me back",
        "call me tomorrow",
        "call me at 415 273 9164",
        "my name is not important",
        "I'm <b>Maria</b>",
        "I'm " + "a" * 500,
    ],
)
def test_other_messages_name_nobody(typed: str) -> None:
    assert find_name(typed, expected=False) is None


def test_a_name_stays_out_of_logs() -> None:
    assert "Maria" not in repr(find_name("I'm Maria", expected=False))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=2_000), st.text("Maria ,.!'-i'm and my name is", max_size=2_000)), st.booleans())
def test_no_text_breaks_the_reader_or_keeps_it_busy(text: str, expected: bool) -> None:
    find_name("I'm maria", expected)  # loads what is loaded once
    began = time.process_time()
    found = find_name(text, expected)
    assert time.process_time() - began < 0.1
    if isinstance(found, Name):
        assert 0 < len(found.value) <= 80

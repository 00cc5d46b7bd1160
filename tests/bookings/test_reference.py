"""A reference survives being typed and spoken, and a slip is noticed."""

from __future__ import annotations

import itertools
import random
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bookings.reference import ALPHABET, MistypedReference, new_reference, read_reference

REFERENCES = [new_reference() for _ in range(300)]
KEYBOARD = string.ascii_uppercase + string.digits


def test_references_are_short_random_and_hold_a_digit_and_a_letter() -> None:
    assert len(set(REFERENCES)) == 300
    assert {len(reference) for reference in REFERENCES} == {12}
    assert all(any(c.isdigit() for c in r[3:]) and any(c.isalpha() for c in r[3:]) for r in REFERENCES)
    assert len(ALPHABET) ** 7 > 2**31


def test_no_character_looks_or_sounds_like_another_one() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set(ALPHABET) & set("0O1ILS5B8ZUAE")


def test_every_reference_is_read_back() -> None:
    assert [read_reference(reference) for reference in REFERENCES] == REFERENCES


def test_every_single_wrong_character_is_noticed() -> None:
    for reference in REFERENCES[:60]:
        for at, wrong in itertools.product([3, 4, 5, 6, 8, 9, 10, 11], KEYBOARD):
            if reference[at] != wrong:
                assert not is_accepted(reference[:at] + wrong + reference[at + 1 :])


def test_every_two_characters_that_changed_places_are_noticed() -> None:
    for reference in REFERENCES:
        for one, two in itertools.combinations([3, 4, 5, 6, 8, 9, 10, 11], 2):
            swapped = list(reference)
            swapped[one], swapped[two] = swapped[two], swapped[one]
            if swapped != list(reference):
                assert not is_accepted("".join(swapped))


@given(start=st.integers(0, 299), at=st.integers(0, 7), other=st.sampled_from(KEYBOARD))
def test_a_wrong_character_is_told_from_no_reference_at_all(start: int, at: int, other: str) -> None:
    characters = list(REFERENCES[start][3:].replace("-", ""))
    if characters[at] == other:
        return
    characters[at] = other
    if any(character.isdigit() for character in characters):
        with pytest.raises(MistypedReference):
            read_reference("it is sr-" + "".join(characters[:4]) + "-" + "".join(characters[4:]) + " I think")


@pytest.mark.parametrize(
    "written",
    [
        "{0}",
        "my reference is {0}.",
        "{0} please cancel it",
        "cancel {0} is it possible?",
        "ref:{0}",
        "#{0}, thanks",
        "({0})",
        "I have {0} and 2 questions",
    ],
)
@pytest.mark.parametrize(
    "spelling",
    [
        str,
        str.lower,
        lambda text: text.replace("-", " "),
        lambda text: text.replace("-", "").lower(),
        lambda text: text.replace("-", "\N{EN DASH}"),
        lambda text: " ".join(text.replace("-", "")),
        lambda text: text[3:],
        lambda text: text[3:].replace("-", "").lower(),
        lambda text: text.replace("-", " - "),
    ],
    ids=["as is", "small", "spaces", "joined", "dashes", "spelled out", "no SR", "no SR joined", "spaced hyphens"],
)
def test_it_is_found_however_it_is_typed(written: str, spelling) -> None:
    for reference in REFERENCES[:40]:
        assert read_reference(written.format(spelling(reference))) == reference


def test_the_right_one_of_several_is_taken() -> None:
    good = REFERENCES[0]
    assert read_reference(f"was it SR-2222-2223 or {good}?") == good


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sr. Lopez called me",
        "Sr Martinez 415 555 0134",
        "call (347) 664-2397",
        "+1 347 664 2397",
        "34667923",
        "tomorrow 4PM or 10AM",
        "covid19 dose 4",
        "my zip is 94110-2346",
        "SR",
        "what does it cost?",
        "2025-03-04",
    ],
)
def test_what_is_no_reference_is_not_taken_for_one(text: str) -> None:
    assert read_reference(text) is None


@pytest.mark.parametrize("text", ["SR-4K7M-92P", "sr4k7m92pxy", "SR-4K7M-92PXQW", "SR-OK7M-92PX"])
def test_a_wrong_length_and_a_look_alike_are_slips(text: str) -> None:
    with pytest.raises(MistypedReference):
        read_reference(text)


@given(st.text(max_size=300))
@example("SR" + "-" * 300)
@example("SR" + "4-" * 2000)
def test_any_text_is_answered(text: str) -> None:
    is_accepted(text)


def test_noise_is_seldom_taken_for_a_reference() -> None:
    noise = random.Random(7)
    texts = ["".join(noise.choice(ALPHABET) for _ in range(8)) for _ in range(4000)]
    assert sum(is_accepted(text) for text in texts) < 4000 / 15


def is_accepted(text: str) -> bool:
    try:
        return read_reference(text) is not None
    except MistypedReference:
        return False

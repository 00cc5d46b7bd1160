"""The reference of a request: short, safe to read out over the phone, and proof against a slip of the tongue or finger.

Eight characters of an alphabet without look-alikes (no 0/O, 1/I/L, 5/S, 8/B, Z, U) and without vowels, so that no word
comes out. The alphabet's size, 23, is prime and the weights 1 … 8 differ: so the weighted sum is wrong after any one
wrong character and after any two that changed places (the argument of ISBN-10).
"""

from __future__ import annotations

import re
import secrets
import unicodedata

ALPHABET = "234679CDFGHJKMNPQRTVWXY"
_LENGTH = 8  # seven random characters, more than 30 bits, and the check character
_DIGITS = frozenset("234679")

_GAP = r"[\s.\-\u2010-\u2015]{0,3}"
_PREFIX = rf"(?<![A-Z0-9])S{_GAP}R{_GAP}"
_SPACED = re.compile(rf"{_PREFIX}([A-Z0-9](?:{_GAP}[A-Z0-9]){{{_LENGTH - 1}}})(?![A-Z0-9])")
_COMPACT = re.compile(rf"{_PREFIX}((?:[A-Z0-9]-?){{5,10}}[A-Z0-9])(?![A-Z0-9])")
_BARE = re.compile(rf"(?<![A-Z0-9-])([{ALPHABET}]{{4}}(?:-|\u2013|\s)?[{ALPHABET}]{{4}})(?![A-Z0-9-])")


class MistypedReference(ValueError):
    """The text holds what is written like a reference and cannot be one: a character is wrong, missing or too many."""


def new_reference() -> str:
    """A reference that nobody can guess, e.g. `SR-4K7M-92PX`; it always holds a digit and a letter."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH - 1))
        characters = body + _check_character(body)
        # A digit is what tells a mistyped reference from an ordinary word.
        if _has_digit_and_letter(characters):
            return _written(characters)


def read_reference(text: str) -> str | None:
    """The reference that a visitor typed, in its usual spelling, whatever its case, spaces and hyphens.

    Args:
        text: a whole message, or only the reference; `SR` may be missing.

    Returns:
        None when nothing in the text is written like a reference. Whether a request has it, the store knows.

    Raises:
        MistypedReference: something is written like one, but its check character says that it is not.
    """
    text = unicodedata.normalize("NFKC", text).upper()
    marked = [_plain(found) for pattern in (_SPACED, _COMPACT) for found in pattern.findall(text)]
    bare = [_plain(found) for found in _BARE.findall(text) if _has_digit_and_letter(found)]
    for characters in marked + bare:
        if _is_right(characters):
            return _written(characters)
    if any(re.search("[0-9]", characters) for characters in marked):
        raise MistypedReference
    if any(not re.search(r"\s", found) and _has_digit_and_letter(found) for found in _BARE.findall(text)):
        raise MistypedReference
    return None


def _check_character(body: str) -> str:
    total = sum(weight * ALPHABET.index(character) for weight, character in enumerate(body, start=2))
    return ALPHABET[-total % len(ALPHABET)]  # its own weight is 1


def _is_right(characters: str) -> bool:
    return (
        len(characters) == _LENGTH
        and set(characters) <= set(ALPHABET)
        and _check_character(characters[:-1]) == characters[-1]
    )


def _has_digit_and_letter(characters: str) -> bool:
    plain = set(_plain(characters))
    return bool(plain & _DIGITS) and bool(plain - _DIGITS)


def _plain(found: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", found)


def _written(characters: str) -> str:
    return f"SR-{characters[:4]}-{characters[4:]}"

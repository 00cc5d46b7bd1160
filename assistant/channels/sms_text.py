"""Counts and plainly writes SMS. A segment holds 160 characters of the GSM alphabet, or 70 where a single one is not
in it; 153 or 67 where there are several segments (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

import unicodedata

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "\f^{}\\[~]|€"  # each counts as two
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "•": "-"}
)
_SEPTETS = {**dict.fromkeys(_BASIC, 1), **dict.fromkeys(_EXTENDED, 2)}


def plain(text: str) -> str:
    """The text in the GSM alphabet where that changes no word: straight quotes, and letters without a rare accent.

    A name in another script stays as it is.
    """
    text = text.translate(_PLAIN)
    return "".join(char if char in _SEPTETS else _bare(char) for char in text)


def segments(text: str) -> int:
    """How many segments a text is billed as."""
    if all(char in _SEPTETS for char in text):
        return _count([_SEPTETS[char] for char in text], 160, 153)
    return _count([1 if ord(char) < 0x10000 else 2 for char in text], 70, 67)


def _count(widths: list[int], single: int, several: int) -> int:
    if sum(widths) <= single:
        return 1
    count, room = 1, several
    for width in widths:  # no character is cut in two
        if width > room:
            count, room = count + 1, several
        room -= width
    return count


def _bare(char: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))
    return bare if bare and all(one in _SEPTETS for one in bare) else char

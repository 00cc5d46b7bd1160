"""Finds dates of birth: whatever date stands by a word for birth, and whole dates too long ago to be an appointment.

The parts of a date come in any order and in any words: "the 4th of March 81", "march four nineteen eighty one".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.spoken_numbers import SAID

_I = re.IGNORECASE
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|ene|febrero|marzo|abril|abr|mayo|junio|julio|agosto|ago|sep?tiembre|octubre|"
    r"noviembre|diciembre|dic)(?![a-z])\.?"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|nin(?:e)?th|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    r"fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|primero)"
)
_NUMBER = rf"(?:'?\d{{1,4}}(?:st|nd|rd|th|ro|º)?|{_ORDINAL}|{SAID})(?!\w)"
_GAP = r"(?:[ ,./'’-]|of |on |in |the |del? |el |año |day |and |year |(?:mon|tues|wednes|thurs|fri|satur|sun)day ){0,4}"
# A month by its name, and numbers around it.
_WRITTEN = (
    rf"(?:(?:{_NUMBER}{_GAP}){{1,5}}(?:of |de )?{_MONTH}(?:{_GAP}{_NUMBER}){{0,6}}|{_MONTH}(?:{_GAP}{_NUMBER}){{1,6}})"
    rf"|\d{{1,2}}[.-]?{_MONTH}[.-]?\d{{2,4}}"
)
_BETWEEN = r" ?[/.,\-_\\| ] ?"
_FIGURES = rf"(?:(?:19|20)\d\d{_BETWEEN}\d{{1,2}}{_BETWEEN}\d{{1,2}}|\d{{1,2}}{_BETWEEN}\d{{1,2}}{_BETWEEN}'?\d{{2,4}})"
_SHORT = rf"(?:\d{{8}}|\d{{6}}|\d{{1,2}}[/.-]\d{{2,4}}|(?:19|20)\d\d|'\d\d|(?:{SAID}[\s,.-]+){{1,7}}{SAID})"
_DATE = rf"(?:{_WRITTEN}|{_FIGURES}|{_SHORT})"
_CUE = (
    r"(?:\bborn\b|\bbirth\b|\bbirth ?(?:da(?:y|te)s?|year)\b|\bd\.? ?o\.? ?b\b\.?|\bdob(?=\d)|\bb-?days?\b|\bnac\w*|"
    r"\bcumple\w*)"
)
_TURNS = r"(?:\bturn(?:s|ed|ing)?|\bcumpl\w+)"
_AFTER = re.compile(rf"{_CUE}[^\d\n]{{0,40}}?(?<![\w/$.])'?({_DATE})(?![\d/]|\.\d| ?(?:am|pm|%))", _I)
_AGE_AFTER = re.compile(rf"{_TURNS}[^\n\d]{{0,12}}\d{{1,3}}[^\n\d]{{1,16}}({_WRITTEN}|{_FIGURES})", _I)
_JOINED = re.compile(r"\bdob:?(\d{6,8})\b", _I)
_YEAR = re.compile(r"\bborn (?:(?:in|on|back in|year|the year) ){1,2}'?(\d\d)\b(?!\s*(?:am|pm|weeks|days|/|%))", _I)
_BEFORE = re.compile(
    rf"(?<![\w/$.-])({_WRITTEN}|{_FIGURES}|\d{{8}})(?![\d/])[ ,]{{1,2}}"
    r"(?:(?:is|was|it'?s|that'?s|thats|=|es|as|are|for|the|when|i|he|she|they|fue|-|\() ?){0,4}"
    r"(?:(?:my|his|her|their|our|mom'?s|dad'?s|mi|su) )?(?:[\w']{1,12} )?"
    r"(?:birth ?da(?:y|te)s?|date of birth|birth\b|d\.?o\.?b\b|b-?day|born|cumplea\w+|fecha de nac\w*|nac[ií]\w*)",
    _I,
)
_PAST = r"(?:19[1-9]\d|200\d|201[0-2])"  # years in which who writes to us was born
_SPOKEN_PAST = r"(?:nineteen|two thousand|mil novecientos)(?:[ -](?:and |hundred |oh )?\w+){1,2}"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th|ro|º)?|(?:(?:twenty|thirty)[ -])?(?:{_ORDINAL}|{SAID}))"
_OF = r"(?: of| de| del| the|[,./ -]){1,3} ?"
# A whole date so long ago is hardly anything else.
_LONG_AGO = re.compile(
    rf"(?<![\d/.-])\d{{1,2}} ?[/.-] ?\d{{1,2}} ?[/.-] ?(?:{_PAST}|[3-9]\d|0\d|1[0-2])(?![\d/-]|\.\d)"
    rf"|(?<![\d/.,$-])\d{{1,2}} \d{{1,2}} {_PAST}(?![\d/-]|[.,]\d)"
    rf"|(?<![\d/.-]){_PAST}[/.-]\d{{1,2}}[/.-]\d{{1,2}}(?![\d/-]|\.\d)"
    rf"|\b{_MONTH}{_OF}(?:the )?{_DAY}{_OF}'?(?:{_PAST}|{_SPOKEN_PAST}|[3-9]\d)(?![\d/]|\.\d| ?(?:%|mg|dollars|min|"
    rf"hours))\b"
    rf"|\b{_DAY}{_OF}{_MONTH}{_OF}(?:{_PAST}|{_SPOKEN_PAST}|'?[3-9]\d)(?![\d/]|\.\d| ?(?:%|mg|dollars|min|hours))\b"
    rf"|\b{_MONTH}{_OF}(?:{_PAST}|'?[3-9]\d),? (?:on )?the {_DAY}\b"
    rf"|\b{_PAST},? {_MONTH} {_DAY}\b"
    rf"|\b\d{{1,2}}[ -]?{_MONTH}[ -]?(?:{_PAST}|[3-9]\d)\b",
    _I,
)


def find_births(text: str) -> Iterator[tuple[int, int]]:
    """Where dates of birth stand by a word that says so: start and end of each."""
    for pattern in (_AFTER, _AGE_AFTER, _JOINED, _YEAR, _BEFORE):
        yield from (match.span(1) for match in pattern.finditer(text))


def find_old_dates(text: str) -> Iterator[tuple[int, int]]:
    """Where dates stand on which who writes to us may have been born."""
    yield from (match.span() for match in _LONG_AGO.finditer(text))

"""The shapes of personal details that follow rules: e-mail, phone, card, social security and record numbers, births.

Written for what people type on a phone at night: any separator, a letter for a digit, words for numbers, Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher

from assistant.dates_of_birth import find_births, find_old_dates
from assistant.record_numbers import find_long_numbers, find_records
from assistant.spoken_numbers import SAID, find_spoken

EMAIL, PHONE, CARD, SSN = "email", "phone number", "card number", "social security number"
BIRTH, RECORD = "date of birth", "record number"

_I = re.IGNORECASE
_TLD = r"(?:com|net|org|edu|gov|io|us|co|me|info|mil|mx|es|uk|ca|pt|de|fr|in|example)"
_EMAIL = re.compile(
    r"[\w.+'-]{1,64} ?@ ?(?:[\w-]{1,63} ?\. ?){1,4}[a-z]{2,12}\b"
    r"|[\w.+'-]{2,64}@[\w-]{1,63}(?: [\w-]{1,20})?\.[a-z]{2,12}\b"
    r"|(?<![\w-])[\w+-]{1,40}(?:(?: dot | punto |\.| underscore | guion bajo | dash )[\w+-]{1,40}){0,3} ?"
    r"(?:\(at\)|\[at\]|\{at\}| at | arroba ) ?[\w-]{1,40}"
    r"(?: ?(?:\(dot\)|\[dot\]|\{dot\}| dot | punto |\.) ?[\w-]{1,40}){0,2}"
    rf"(?: ?(?:\(dot\)|\[dot\]|\{{dot\}}| dot | punto ) ?|\.){_TLD}\b"
    r"|[\w.+()\[\]{}-]{1,64} ?(?:\(at\)|\[at\]|\{at\}) ?[\w-]{1,40} ?(?:\(dot\)|\[dot\]|\{dot\}| dot |\.) ?[a-z]{2,8}\b"
    rf"|[\w.+'-]{{2,64}}@[\w-]{{1,63}}(?:[,;]{_TLD}\b)?",
    _I,
)
_SEPARATOR = r"(?:[^\w\n$%,:;+]| dash | dot ){0,3}"
_DIGIT = r"[\doO]"  # people type the letter for a zero
_PHONE = re.compile(
    rf"(?<![\w$.,-])(?:\+?1{_SEPARATOR})?\(?\d{{3}}{_SEPARATOR}{_DIGIT}{{3}}{_SEPARATOR}"
    rf"{_DIGIT}(?:[ .-]?{_DIGIT}){{3}}(?: ?(?:ext|x|extension)\.? ?\d{{1,6}})?(?![\d%])"
    rf"|(?<![\d$.,-])\d{{3}}o\d{{3}}o\d{{4}}\b"
    r"|(?<![\d$.,-])\d{3}[ .\-/]{1,2}\d{4}[ .\-/]{1,2}\d{3}(?![\d%])"
    r"|(?<![\d$.,/-])(?<!\d )\d{3}[ .\-/](?:\d{4}|\d{2}[ .\-/]\d{2})(?![\d%/-])"
    r"|(?<![\d$.])\+\d[\d ().\-]{6,18}\d(?!\d)"
    r"|(?<![\w)])[({]\d{3}[)}][ .-]{0,2}\d{4}(?!\d)"
    r"|\barea(?: code)?(?: is)? \d{3}\b",
    _I,
)
_FREE = re.compile(r"\+?1?[ .(-]{0,2}8(?:00|88|77|66|55|44|33)\b")  # toll-free numbers are nobody's own
_CARD = re.compile(r"(?<![\d-])\d(?:[ .-]{0,2}\d){12,18}(?![\d-])")
_SSN = re.compile(
    r"(?<![\d$.,-])(?:\d{3}|x{3}|\*{3})[^\w\n$%]{1,3}(?:\d\d|xx|\*\*)[^\w\n$%]{1,3}\d{4}(?![\d-])"
    r"|(?<![\d-])\d{3}[- .]\d\d[- .]\d\d[- .]\d\d(?![\d-])"
    r"|(?<!\w)(?:[x*#]{2,5}[- ]?){1,3}\d{4}\b",
    _I,
)
_SSN_CUE = r"(?:\bssn?\b|\bsocials?\b|\bsoc\b|\bseguro social|\bss ?#|\bitin\b)"
_SSN_CUED = re.compile(
    rf"{_SSN_CUE}[^\d\n]{{0,40}}(\d(?:[ ._/-]{{0,3}}\d){{3,8}})(?![\d/])"
    rf"|(?<![\d/$])(\d{{4,9}})\b[^\d\n]{{0,20}}{_SSN_CUE}"
    rf"|\blast (?:four|4)\b(?: digits?| numbers?)*(?: of)?[^\d\n.]{{0,24}}(\d{{4}})\b"
    rf"|\b{_SSN_CUE}[^\d\n]{{0,30}}?((?:{SAID}[\s,.-]+){{3,10}}{SAID})",
    _I,
)
# What is left of a number of which the rest is hidden.
_ENDING = re.compile(
    r"\b(?:end(?:s|ing)?(?: in| with)?|last ?(?:four|4)(?: digits)?(?: of)?|termina(?:da)? en|"
    r"[úu]ltimos (?:cuatro|4))\b"
    r"[^\d\n.$]{0,24}?(?<![\w$])(\d{4})(?![\w%]|[.,]\d)",
    _I,
)
_PHONE_CUED = re.compile(
    r"\b(?:phone|cell|mobile|number|tel|ph|text|call|reach|fax|pager|whatsapp|landline|tel[ée]fono|cel(?:ular)?|m[óo]vil|"
    r"ll[áa]m\w+|n[úu]mero)\b[^\d\n.?!$]{0,30}?(?<![\w$.,:/-])(\+?\(?\d(?:[ ()./_*–-]{0,3}\d){6,14})(?![\w%]|[.,:]\d)",
    _I,
)


def find_structured(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such details stand: start, end and kind of each, the surest first; they may overlap."""
    yield from _all(_EMAIL, text, EMAIL)
    yield from _all(_SSN, text, SSN)
    yield from _all(_CARD, text, CARD)
    yield from ((*span, BIRTH) for span in find_births(text))
    yield from _all(_SSN_CUED, text, SSN)
    yield from (one for one in _all(_PHONE, text, PHONE) if not _FREE.match(text, one[0]))
    yield from _all(_ENDING, text, CARD)
    yield from ((*span, RECORD) for span in find_records(text) if not _FREE.match(text, span[0]))
    yield from (one for one in _all(_PHONE_CUED, text, PHONE) if not _FREE.match(text, one[0]))
    yield from ((*span, PHONE) for span in find_spoken(text))
    for number in PhoneNumberMatcher(text, "US", leniency=Leniency.VALID):
        if not _FREE.match(text, number.start):
            yield number.start, number.end, PHONE
    yield from ((*span, BIRTH) for span in find_old_dates(text))
    yield from ((*span, RECORD) for span in find_long_numbers(text) if not _FREE.match(text, span[0]))


def _all(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[tuple[int, int, str]]:
    for match in pattern.finditer(text):
        yield (*match.span(match.lastindex or 0), kind)

"""Takes personal details out of a text before it is stored: what identifies somebody, and no answer needs.

Defence in depth, and no promise: the database is kept from strangers all the same. What a form needs of them it keeps
elsewhere, encrypted. Kinds and bounds follow the identifiers of 45 CFR 164.514(b)(2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from phonenumbers import Leniency, PhoneNumberMatcher

from assistant.personal_names import find_names

EMAIL, PHONE, CARD, SSN = "email", "phone number", "card number", "social security number"
ADDRESS, BIRTH, RECORD, NAME = "address", "date of birth", "record number", "name"

_LONGEST = 4_000  # characters that are looked through at a time; no message that is stored is longer
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DIGITS = {word: str(digit) for digit, word in enumerate("zero one two three four five six seven eight nine".split())}
_DIGITS |= {"oh": "0"}

_EMAIL = re.compile(
    r"[\w.+'-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}\b"
    r"|\b[\w+-]+(?:(?: dot |\.| underscore | dash )[\w+-]+){0,3} ?(?:\(at\)|\[at\]| at ) ?"
    r"[\w-]+(?: ?(?:\(dot\)|\[dot\]| dot |\.) ?)(?:com|net|org|edu|gov|io|us|co|me|info|mil)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d$.,-])(?<!\d )(?:\+?1[ .\-]{0,2})?(?:\(\d{3}\)|\d{3})[ .\-/)]{0,2}\d{3}[ .\-]{0,2}\d{4}"
    r"(?: ?(?:ext|x|extension)\.? ?\d{1,6})?(?![\d%])"
    r"|(?<![\d$.,-])(?<!\d )\d{3}[ .\-]\d{4}(?![\d%-])"
    r"|(?<![\d$.])\+\d[\d ().\-]{6,18}\d(?!\d)",
    re.IGNORECASE,
)
_SPOKEN = re.compile(rf"\b(?:(?:{'|'.join(_DIGITS)}|\d+)[\s,.-]+){{6,16}}(?:{'|'.join(_DIGITS)}|\d+)\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_SSN = re.compile(r"(?<![\d-])\d{3}([- .])\d{2}\1\d{4}(?![\d-])")
_SSN_CUED = re.compile(
    r"(?:\bssn?\b|\bsocial\b|\bsoc\b|social security|seguro social|\bss ?#)[^\d\n]{0,30}(\d(?:[ .-]?\d){3,8})(?!\d)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)\.?"
)
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:\d{{1,4}} ?[/.\-] ?\d{{1,2}} ?[/.\-] ?\d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? (?:de |del )?{_YEAR}|,? '?\d\d)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of| de)? {_MONTH},?(?: (?:de |del |of )?(?:{_YEAR}|'?\d\d))?"
    rf"|{_MONTH} {_YEAR}|\d{{8}}|\d{{6}}|\d{{2}} \d{{2}} \d{{2,4}})"
)
_BIRTH = re.compile(
    r"(?:\bborn\b|\bbirth\b|\bbirth ?da(?:y|te)\b|\bd\.?o\.?b\b\.?|\bb-?day\b|\bnac\w*|\bcumplea\w+)"
    rf"[^\d\n]{{0,24}}?({_DATE})",
    re.IGNORECASE,
)
_OLD_DATE = re.compile(
    r"(?<![\d/.-])(?:0?[1-9]|1[0-2])[/.-](?:0?[1-9]|[12]\d|3[01])[/.-](?:19[2-9]\d|200\d)(?![\d/.-])"
)
_STREET = (
    r"(?:street|st|avenue|ave?|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|terrace|ter|trail|"
    r"trl|parkway|pkwy|highway|hwy|square|sq|way|alley|loop|path|pike|row|run|ridge|crossing|xing|commons|plaza|cove|"
    r"crescent|expressway|freeway|turnpike|route|rt|point|pt|bend|heights|hts|hill|glen|view|mews|walk)"
)
_NO_STREET = (
    r"(?:a|an|the|in|of|to|from|and|or|is|it|on|at|my|per|for|minutes?|mins?|miles?|days?|hours?|hrs?|weeks?|months?|"
    r"years?|yrs?|sessions?|blocks?|times?|people|percent|mg|infusions?|treatments?|different|more|other|away|long|"
    r"dollars?|bucks|th|nd|rd|am|pm|steps?|kids?|appointments?|doses?|step)"
)
_ADDRESS = re.compile(
    rf"(?<![\d$.,/:-])\d{{1,6}}[a-z]?(?:-\d{{1,4}})?,? (?:(?!{_NO_STREET}\b)[\w.'’-]+ ){{1,5}}?{_STREET}\b\.?"
    r"(?: (?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\b\.?)?"
    r"(?:,? ?(?:apt|apartment|unit|suite|ste|bldg|building|floor|fl|room|rm|lot|no|#)\b\.? ?#?[\w-]{1,8}"
    r"|,? ?# ?[\w-]{1,8})?"
    r"(?:,? (?:in )?(?:[A-Z][\w.'’-]+ ?){1,3})?(?:,? [A-Za-z]{2}\b\.?(?=,? \d{5}|[\s,.]*$))?(?:,? ?\d{5}(?:-\d{4})?)?"
    r"|\bp\.? ?o\.? box \d{1,6}(?:,? (?:[A-Z][\w.'’-]+ ?){1,3})?(?:,? [A-Z]{2}\b)?(?:,? \d{5})?"
    r"|\b(?:calle|avenida|avda|carrera|calzada|camino|paseo|bulevar)\.? (?:[\w.'’áéíóúñ-]+ ){0,5}?"
    r"(?:#|no\.?|número|numero)? ?\d{1,6}\b"
    r"|(?<![\d$.,/:-])\d{2,6},? (?:calle|avenida|camino|via|paseo|rue) (?:[\w.'’áéíóúñ-]+ ?){1,3}",
    re.IGNORECASE,
)
_ADDRESS_CUED = re.compile(
    r"\b(?:live at|lives at|living at|address is|address:|mail (?:it )?to|vivo en)\s+"
    r"(\d{1,6}[a-z]? (?:[\w.'’#-]+,? ?){1,8})",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(?:mrn|medical record|record|chart|member(?:ship)?|subscriber|policy|group|patient|insurance|account|acct|"
    r"claim|case|plan|medicaid|medicare|póliza|poliza|expediente|afiliado|miembro|file|id)\b"
    r"(?:[ -]?(?:number|num|no|nbr|id|card|número|numero|de|is|es|my|the|and|policy|member|group)\b\.?|[ :#=,-]){0,6}"
    r"[ :#=-]*((?=[a-z\d-]*\d[a-z-]*\d[a-z-]*\d)[a-z]{0,6}[- ]?\d[a-z\d-]{3,20})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Detail:
    """A personal detail in a text: where it stands, and what it is. Its words stay out of `repr`."""

    start: int
    end: int
    kind: str
    words: str = field(repr=False, compare=False, default="")


def redact(text: str, known: Collection[str] = (), only_known: bool = False) -> str:
    """The text with each personal detail replaced by what it was, e.g. `[phone number]`.

    Args:
        known: names and other details that the visitor has given elsewhere, e.g. in a form.
        only_known: leave everything else: the text is none of the visitor's.
    """
    parts, end = [], 0
    for detail in find_details(text, known, only_known):
        parts += [text[end : detail.start], f"[{detail.kind}]"]
        end = detail.end
    return "".join([*parts, text[end:]])


def find_details(text: str, known: Collection[str] = (), only_known: bool = False) -> list[Detail]:
    """The personal details in a text, in order, none within another."""
    plain, places = _plain(text)
    found: list[tuple[int, int, str]] = []
    for start, end, kind in (*([] if only_known else _structured(plain)), *_known(plain, known)):
        if not any(start < other[1] and other[0] < end for other in found):
            found.append((start, end, kind))
    hidden = list(plain)
    for start, end, _ in found:
        hidden[start:end] = "|" * (end - start)
    found += [] if only_known else [(start, end, NAME) for start, end in find_names("".join(hidden))]
    details = [Detail(places[start], places[end - 1] + 1, kind) for start, end, kind in sorted(found)]
    return [Detail(one.start, one.end, one.kind, text[one.start : one.end]) for one in details]


def _structured(text: str) -> Iterator[tuple[int, int, str]]:
    """What has a shape; the surest first."""
    for match in _EMAIL.finditer(text):
        yield (*match.span(), EMAIL)
    for match in _SSN.finditer(text):
        yield (*match.span(), SSN)
    for match in _CARD.finditer(text):
        if _is_card(match[0]):
            yield (*match.span(), CARD)
    for match in _BIRTH.finditer(text):
        yield (*match.span(1), BIRTH)
    for match in _SSN_CUED.finditer(text):
        yield (*match.span(1), SSN)
    for match in _RECORD.finditer(text):
        yield (*match.span(1), RECORD)
    for match in (*_PHONE.finditer(text), *_SPOKEN.finditer(text)):
        yield (*match.span(), PHONE)
    for number in PhoneNumberMatcher(text, "US", leniency=Leniency.VALID):
        yield number.start, number.end, PHONE
    for match in _OLD_DATE.finditer(text):
        yield (*match.span(), BIRTH)
    for match in _ADDRESS.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip(" ,.")), ADDRESS
    for match in _ADDRESS_CUED.finditer(text):
        yield match.start(1), match.start(1) + len(match[1].rstrip(" ,.")), ADDRESS


def _known(text: str, known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    for words in sorted(known, key=len, reverse=True):
        pattern = r"\W+".join(re.escape(word) for word in words.split())
        kind = EMAIL if "@" in words else PHONE if re.search(r"\d\D*\d\D*\d", words) else NAME
        if len(words.strip()) > 1:
            for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE):
                yield (*match.span(), kind)


def _is_card(number: str) -> bool:
    """Whether the check digit is right (Luhn)."""
    digits = [int(char) for char in number if char.isdigit()][::-1]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with digits of any script and wide letters as plain ones, nothing invisible; and where each stood."""
    chars, places = [], []
    for place, char in enumerate(text):
        if _INVISIBLE.match(char):
            continue
        if not char.isascii():
            digit = unicodedata.digit(char, None)
            char = str(digit) if digit is not None else unicodedata.normalize("NFKC", char)[:1] or char
            char = "-" if char in "‐‑‒–—−" else " " if char.isspace() else char
        chars.append(char)
        places.append(place)
    return "".join(chars), places

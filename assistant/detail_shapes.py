"""The shapes of personal details that follow rules: e-mail, phone, card, social security and record numbers, births.

Written for what people type on a phone at night: any separator, a letter for a digit, words for numbers, Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher

EMAIL, PHONE, CARD, SSN = "email", "phone number", "card number", "social security number"
BIRTH, RECORD = "date of birth", "record number"

_I = re.IGNORECASE
_NUMBER_WORDS = (
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "cero uno dos tres cuatro cinco seis siete ocho nueve"
).split()
_SAID = rf"(?:{'|'.join(_NUMBER_WORDS)})"
_TLD = r"(?:com|net|org|edu|gov|io|us|co|me|info|mil|mx|es|uk|ca|pt|de|fr|in|example)"
_EMAIL = re.compile(
    r"[\w.+'-]{1,64} ?@ ?(?:[\w-]{1,63} ?\. ?){1,4}[a-z]{2,12}\b"
    r"|[\w.+'-]{2,64}@[\w-]{1,63}(?: [\w-]{1,20})?\.[a-z]{2,12}\b"
    r"|(?<![\w-])[\w+-]{1,40}(?:(?: dot | punto |\.| underscore | guion bajo | dash )[\w+-]{1,40}){0,3} ?"
    r"(?:\(at\)|\[at\]|\{at\}| at | arroba ) ?[\w-]{1,40}"
    r"(?: ?(?:\(dot\)|\[dot\]|\{dot\}| dot | punto |\.) ?[\w-]{1,40}){0,2}"
    rf"(?: ?(?:\(dot\)|\[dot\]|\{{dot\}}| dot | punto |\.) ?){_TLD}\b",
    _I,
)
_SEPARATOR = r"(?:[ .\-/()]| dash | dot ){0,3}"
_DIGIT = r"[\doO]"  # people type the letter for a zero
_PHONE = re.compile(
    rf"(?<![\w$.,-])(?:\+?1{_SEPARATOR})?\(?\d{{3}}{_SEPARATOR}{_DIGIT}{{3}}{_SEPARATOR}"
    rf"{_DIGIT}(?:[ .-]?{_DIGIT}){{3}}(?: ?(?:ext|x|extension)\.? ?\d{{1,6}})?(?![\d%])"
    rf"|(?<![\d$.,-])\d{{3}}o\d{{3}}o\d{{4}}\b"
    r"|(?<![\d$.,-])\d{3}[ .\-/]{1,2}\d{4}[ .\-/]{1,2}\d{3}(?![\d%])"
    r"|(?<![\d$.,/-])(?<!\d )\d{3}[ .\-/](?:\d{4}|\d{2}[ .\-/]\d{2})(?![\d%/-])"
    r"|(?<![\d$.])\+\d[\d ().\-]{6,18}\d(?!\d)"
    r"|\barea(?: code)?(?: is)? \d{3}\b",
    _I,
)
_FREE = re.compile(r"\+?1?[ .(-]{0,2}8(?:00|88|77|66|55|44|33)\b")  # toll-free numbers are nobody's own
_SPOKEN = re.compile(rf"\b(?:(?:{_SAID}|\d+)[\s,.-]+(?:and |dash |y )?){{6,19}}(?:{_SAID}|\d+)\b", _I)
_CARD = re.compile(r"(?<![\d-])\d(?:[ .-]{0,2}\d){12,18}(?![\d-])")
_SSN = re.compile(
    r"(?<![\d-])(?:\d{3}|x{3}|\*{3})[- ./]{1,2}(?:\d\d|xx|\*\*)[- ./]{1,2}\d{4}(?![\d-])"
    r"|(?<![\d-])\d{3}[- .]\d\d[- .]\d\d[- .]\d\d(?![\d-])",
    _I,
)
_SSN_CUE = r"(?:\bssn?\b|\bsocials?\b|\bsoc\b|\bseguro social|\bss ?#|\bitin\b)"
_SSN_CUED = re.compile(
    rf"{_SSN_CUE}[^\d\n]{{0,40}}(\d(?:[ .-]?\d){{3,8}})(?![\d/])"
    rf"|(?<![\d/$])(\d{{4}})\b[^\d\n]{{0,20}}{_SSN_CUE}"
    rf"|\blast (?:four|4)\b(?: digits?| numbers?)*(?: of)?[^\d\n.]{{0,24}}(\d{{4}})\b"
    rf"|\b{_SSN_CUE}[^\d\n]{{0,30}}?((?:{_SAID}[\s,.-]+){{3,10}}{_SAID})",
    _I,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|"
    r"diciembre)\.?"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    r"fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|(?:twenty|thirty)[ -]\w+|primero)"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th|ro|º)?|{_ORDINAL})"
_YEAR = r"(?:19\d\d|20\d\d)"
_SHORT_YEAR = rf"(?:{_YEAR}|'?\d\d)"
_OF = r"(?:,| of| de| del| the|\.)*"
_DATE = (
    rf"(?:{_YEAR} ?[/.\- ] ?\d{{1,2}} ?[/.\- ] ?\d{{1,2}}|\d{{1,2}} ?[/.\-] ?\d{{1,2}} ?[/.\-] ?\d{{2,4}}"
    rf"|\d{{1,2}} \d{{1,2}} \d{{2,4}}|\d{{1,2}}[ /.-]?{_MONTH}[ /.-]?{_SHORT_YEAR}"
    rf"|{_MONTH} (?:the )?{_DAY}(?:{_OF} {_SHORT_YEAR})?"
    rf"|{_DAY}{_OF} {_MONTH}(?:{_OF} {_SHORT_YEAR})?"
    rf"|{_YEAR}, {_MONTH} {_DAY}"
    rf"|{_MONTH}{_OF} {_SHORT_YEAR}(?:,? (?:on )?(?:the )?{_DAY})?|\d{{8}}|\d{{6}}"
    rf"|\d{{1,2}}/\d{{1,2}}|\d{{1,2}}/{_YEAR}|{_YEAR}|'\d\d"
    rf"|(?:{_SAID}[\s,.-]+){{2,7}}{_SAID})"
)
_BIRTH_CUE = (
    r"(?:\bborn\b|\bbirth\b|\bbirth ?da(?:y|te)s?\b|\bd\.?o\.?b\b\.?|\bb-?day\b|\bnac[ií]\w*|\bcumple\w*|"
    r"\bturn(?:s|ed)\b)"
)
_BIRTH = re.compile(rf"{_BIRTH_CUE}[^\d\n]{{0,32}}?({_DATE})(?!\d)", _I)
_PAST = r"(?:19[1-9]\d|200\d|201[0-2])"  # years in which who writes to us was born
# A whole date so long ago is hardly anything else.
_OLD_DATE = re.compile(
    rf"(?<![\d/.-])\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:{_PAST}|[3-9]\d|0\d|1[0-2])(?![\d/-]|\.\d)"
    rf"|(?<![\d/.-]){_PAST}[/.-]\d{{1,2}}[/.-]\d{{1,2}}(?![\d/-]|\.\d)"
    rf"|\b{_MONTH} (?:the )?{_DAY}{_OF} {_PAST}\b"
    rf"|\b{_DAY}{_OF} {_MONTH}{_OF} {_PAST}\b"
    rf"|\b{_PAST}, {_MONTH} {_DAY}\b"
    rf"|\b\d{{1,2}}[ -]?{_MONTH}[ -]?{_PAST}\b",
    _I,
)
_CODE = r"(?=[a-z\d-]*\d[a-z-]*\d[a-z-]*\d)[a-z]{0,6}[- ]?\d[a-z\d-]{2,20}(?: \d[a-z\d-]{0,8}){0,3}"
_RECORD = re.compile(
    r"\b(?:mrn|medical record|record|chart|member(?:ship)?|subscriber|policy|group|patient|insurance|account|acct|"
    r"claim|case|plan|medicaid|medicare|p[óo]liza|expediente|afiliado|miembro|seguro|file|ref(?:erence)?|auth(?:orization)?|rx|prescription|id)\b"
    r"(?:[ -]?(?:numbers?|nums?|no|nbr|id|card|n[úu]mero|de|is|es|my|the|and|on|says|policy|member|group|of)\b\.?"
    rf"|[ :#=,-]){{0,8}}[ :#=-]*({_CODE})\b",
    _I,
)
# What insurers print on their cards: capitals and many digits, in groups of any length.
_CARD_ID = re.compile(r"\b(?!NCT|CPT|ICD|RFC|ISO)[A-Z]{1,4}(?=(?:[ -]?\d){7})\d{0,4}(?:[ -]?\d{1,6}){1,5}(?:-\d\d)?\b")
_CODES = re.compile(r"\b[a-z]{2,4}\d{7,12}\b|\b\d[a-z][a-z\d]\d[ -]?[a-z][a-z\d]\d[ -]?[a-z]{2}\d\d\b", _I)
_LONG_NUMBER = re.compile(r"(?<![\d$.,:/+-])\d{8,12}(?![\d%]|[.,]\d)")


def find_structured(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such details stand: start, end and kind of each, the surest first; they may overlap."""
    yield from _all(_EMAIL, text, EMAIL)
    yield from _all(_SSN, text, SSN)
    yield from _all(_CARD, text, CARD)
    yield from _all(_BIRTH, text, BIRTH)
    yield from _all(_SSN_CUED, text, SSN)
    yield from _all(_RECORD, text, RECORD)
    yield from _all(_CARD_ID, text, RECORD)
    yield from _all(_CODES, text, RECORD)
    yield from (one for one in _all(_PHONE, text, PHONE) if not _FREE.match(text, one[0]))
    yield from _all(_SPOKEN, text, PHONE)
    for number in PhoneNumberMatcher(text, "US", leniency=Leniency.VALID):
        if not _FREE.match(text, number.start):
            yield number.start, number.end, PHONE
    yield from _all(_OLD_DATE, text, BIRTH)
    yield from _all(_LONG_NUMBER, text, RECORD)


def _all(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[tuple[int, int, str]]:
    for match in pattern.finditer(text):
        yield (*match.span(match.lastindex or 0), kind)

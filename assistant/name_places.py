"""Where names stand in a message though no list may have them: at its end, beside a detail, before "said", by initials.

A word counts as a name there if a list of names has it, or if no list of words has it. Only capitals tell a name that
no list has; where somebody writes none, it must stand after what introduces a name (`personal_names.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.english import common_words
from assistant.name_lists import (
    SMALL,
    WORDS_TOO,
    all_names,
    common_last_names,
    first_names,
    given_names,
    last_names,
    likely_last_names,
    likely_names,
    plain_words,
    strange_terms,
    word_names,
)
from assistant.vocabulary import folded, is_slip, is_spanish, is_unknown, medicines, places

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*\.?")
PARTICLES = frozenset("de la del los las van von der den da dos di al el bin bint ben ibn abu ni st mc o' y e".split())
_MONTHS = frozenset("april may june august".split())
_MOST = 4  # words of a name
_MANY = 0.9  # capitals for each space: where every word has one they tell nothing
_COMMON = 8_000  # words that are rarely names, of the list most frequent first
_SAID = (
    r"(?:said|says|told|tells|texted|emailed|e-mailed|phoned|referred|recommended|suggested|mentioned|wants|wanted|thinks|"
    r"drove|drives|can drive|can sign|can pick|will drive|will pick|will sign|will bring|will come|will be driving|is my|"
    r"was my|is our|has my|has a key|has been so|knows about|lives with|helped me|agreed|promised|answered|who (?:works|did|"
    r"runs|was|is|has|answered|called)|from (?:billing|the front|your (?:front|office|billing|team)|reception|scheduling|"
    r"intake)|at (?:the|your) (?:front )?(?:desk|reception|office)|in (?:billing|reception|scheduling)|and [iI]\b|and (?:his|her|my|our) (?:wife|husband|mom|mother|dad|father|son|daughter|partner|kids?|sister|brother)|"
    r"here\b|speaking\b|again\b|calling\b|reschedul\w+|works\b|worked\b|is working|is (?:there|in|on|out|off|back) |needs (?:a|to|his|her)|has an? (?:app|consult|infusion|session)|"
    r"dijo|dice|me (?:dijo|recomend\w+|mand\w+|refiri\w+)|quiere|necesita|no puede|tiene (?:cita|una cita))"
)
_BEFORE_SAID = re.compile(rf"(?<![\w'’.-])([A-ZÀ-Ý][\w'’-]{{0,30}}\.?(?: [A-Z][\w'’-]+){{0,2}}),? {_SAID}")
_TOLD = re.compile(
    r"\b(?:tell|told|ask|asked|call|called|text|texted|email|emailed|remind|met|thank|thanks|hi|hello|hey|dear|hola|"
    r"gracias|estimad[oa]|morning|afternoon|me and|both me and|love|saw|who(?:'s| is)|seeing|see|spoke (?:to|with)|speak (?:to|with)|"
    r"talk(?:ed|ing)? (?:to|with)|work(?:ing|ed)? with|assigned to|cc|is|was|named|with|treated by|seen by|by|bring|"
    r"bringing|inform|contact|reach|notify|trust|miss|remember|know|meet|marr(?:y|ied)|and|y|para|con|a|de parte de|"
    r"(?:my|our|his|her|their) [a-z]{3,14}|c/o|attn:?|care of|behalf of|guardian of|parent of|spouse of|wife of|husband of|caretaker (?:of|for)|mother of|father of|mom of|dad of|"
    r"appointment for|booked for|it'?s for|is for|for|from),? "
    r"(?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})(?P<after>['’]s\b)?",
    re.IGNORECASE,
)
_TOLD_LOWER = re.compile(
    r"\b(?:tell|told|ask|asked|text|texted|call|remind|hi|hey|hello|love) (?P<name>[a-z][a-z'’-]+)\b"
)
_SURE_TO_BE_TOLD = re.compile(
    r"(?:c/o|attn:?|care of|tell|told|ask|asked|text|texted|email|emailed|remind|met|thank|thanks|hi|hello|hey|dear|hola|gracias|me and|who(?:'s| is)|"
    r"spoke (?:to|with)|speak (?:to|with)|talk(?:ed|ing)? (?:to|with)|cc|inform|notify|treated by|seen by|behalf of|"
    r"(?:guardian|parent|spouse|wife|husband|mother|father|mom|dad) of|de parte de|appointment for|booked for),? ",
    re.IGNORECASE,
)
_OWNS = re.compile(
    r"(?<![\w'’-])(?P<name>[^\W\d_][\w-]+(?: [A-Z][\w-]+)?)['’]s "
    r"(?:mom|mum|mother|dad|father|wife|husband|son|daughter|sister|brother|partner|parent|guardian|caregiver|caretaker|"
    r"girlfriend|boyfriend|fianc\w+|aunt|uncle|cousin|grand\w+|friend|appt|appointment|infusion|session|chart|account|"
    r"bill|phone|number|birthday|prescription|insurance|records|consult|consultation|intake|house|address|email|room|ride|"
    r"name|turn|refund|labs|results|file|profile|portal|visit|slot|forms?|paperwork)\b"
)
_OPENS = re.compile(
    rf"^\W*(?:(?:hi|hey|hello|hola|yo|ok|yes|so)[ ,!.]{{1,3}}){{0,2}}({_WORD.pattern}(?: {_WORD.pattern}){{0,2}}?)"
    r"(?:,? (?:here|speaking|again|checking in|calling|back|habla)\b|,? \(?(?:she|he|they)/|, \d\d\b)"
)
_ASKED_FOR = re.compile(
    r"\b(?:[Ww]ould|[Ww]ill|[Ii]s|[Cc]an|[Cc]ould|[Dd]oes|[Dd]id|[Hh]as|[Ww]here(?:'s| is)) (?P<name>[A-Z][\w'’-]+) "
    r"(?:be (?:there|in\b|available|working|back)|in\b(?! my| the)|there|available|working|around|off\b|call|email|text|"
    r"write|see|still work|come|sit|join|drive|stay|ride|pick|sign|back|on (?:mon|tue|wed|thu|fri|sat|sun))"
)
_AND_AFTER = re.compile(r"(?:,? (?:and|y|or|o|n)|,? ?[&+]|,) ([A-Z][\w'’-]+)")
_AND_BEFORE = re.compile(r"(?<![\w'’-])([A-Z][\w'’-]+) (?:and|y|or|&) $|^([A-Z][\w'’-]+), $")
_PAIR = re.compile(r"(?<![\w'’-])(?=([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+(?:-[A-Z]\w+)?))\w")
_IRISH = re.compile(r"\b(?:O['’]|Mc)[A-Z][a-z]{2,}\b(?!['’]s)")
_INITIALS = re.compile(
    r"(?<![\w.])(?:[A-Z]\. ?){1,3}(?:[A-Z][^\W\d_]{2,}(?:-[A-Z]\w+)?)(?! ?\d)|(?<![\w.])[A-Z] [A-Z][a-z]{2,} (?=\|)"
)
_CUT = re.compile(
    r"[.!?](?=[\s|]|$)|[,;:\n|()\[\]\"“”/<>+&•*~]|\s[-–—]+|[-–—]+\s|^[-–—]+|\d[\w:.]*|(?<=\w) (?:and|y|or) (?=[A-Z])"
)
_AROUND = frozenset(
    """
    yes no ok okay hi hello hey hola thanks thank you thx gracias so much many regards sincerely best warm kind warmly
    love cheers from again here speaking please calling its it's it and this is me name patient pt mr mrs ms miss dr
    cc re attn wife husband son daughter respectfully cordially yours truly ty saludos atentamente atte sir madam with
    for kids kid partner spouse mother father mom dad at i'm im soy am sig signed xoxo xo blessings peace sister brother
    """.split()
)
_SIGN_OFF = re.compile(
    r"(?:thanks|thank you|thx|ty|gracias|regards|sincerely|best|love|cheers|saludos|atentamente|respectfully|xoxo|"
    r"warmly|truly|blessings|[.!?\n—–-])[\s,.!—–-]*$",
    re.IGNORECASE,
)


@lru_cache(maxsize=4)
def is_title_case(text: str) -> bool:
    """Whether about every word of a text has a capital: they tell nothing then."""
    return sum(map(str.isupper, text)) >= _MANY * max(text.count(" "), 1)


def in_places(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where names stand by their place: start and end of each.

    Args:
        text: a message in which details of other kinds are hidden by "|".
        never: words that are no names whatever stands beside them.
    """
    yield from _initials(text, never)
    for match in _BEFORE_SAID.finditer(text):
        is_word = low_of(match[1]) in word_names() and not match[0].endswith(" my")
        if is_word or is_name(match[1], never):
            yield match.span(1)
    if (opening := _OPENS.match(text)) and is_name(opening[1], never, is_lower_fine=True):
        yield opening.span(1)
    yield from _pairs(text, never)
    for match in _OWNS.finditer(text):
        is_word = (
            match["name"][:1].isupper() and low_of(match["name"]) in WORDS_TOO and low_of(match["name"]) not in places()
        )
        if is_word or is_name(match["name"], never, is_lower_fine=True):
            yield match.span("name")
    for match in () if is_spanish(text) else _TOLD_LOWER.finditer(text):
        low = low_of(match["name"])
        if len(low) > _MOST - 1 and is_unknown(low) and not is_slip(low) and low not in never:
            yield match.span("name")
    for match in _ASKED_FOR.finditer(text):
        if is_name(match["name"], never) or low_of(match["name"]) in word_names():
            yield match.span("name")
    yield from (match.span() for match in _IRISH.finditer(text))
    for match in _TOLD.finditer(text):
        yield from _told(text, match, never)
    yield from _segments(text, never)


def is_name(words: str, never: frozenset[str], is_lower_fine: bool = False) -> bool:
    """Whether each of some words may be part of a name, and one is hardly anything else."""
    found = [word[0] for word in _WORD.finditer(words)]
    lows = [low_of(word) for word in found]
    if not lows or any(low in never or low in SMALL - PARTICLES - _forgiven(found) for low in lows):
        return False
    if not all(_may_be(word, low, is_lower_fine) for word, low in zip(found, lows)):
        return False
    return any(_is_sure(word, low) for word, low in zip(found, lows)) and (len(lows) > 1 or lows[0] not in places())


def _forgiven(words: list[str]) -> frozenset[str]:
    """Small words that begin a name of more words than one: "Will Grady"."""
    first = low_of(words[0])
    return frozenset({first}) & WORDS_TOO if len(words) > 1 and words[0][:1].isupper() else frozenset()


def _is_sure(word: str, low: str) -> bool:
    if re.fullmatch(r"[A-Z]{2,4}s", word):
        return False
    if low in likely_names() or (low in first_names() and low not in WORDS_TOO):
        return True
    if low in likely_last_names():
        return word[:1].isupper() and not word.isupper()
    if is_unknown(low):
        return (word[:1].isupper() and not word.isupper()) or (word.islower() and not is_slip(low))
    is_last = low in last_names() and low not in plain_words() and low not in medicines()
    return is_last and not (word.isupper() and len(word) > 1)


def _may_be(word: str, low: str, is_lower_fine: bool) -> bool:
    if low in PARTICLES or (len(low) == 1 and word[:1].isupper()):
        return True
    if low in strange_terms():
        return False
    is_listed = low in first_names() or low in likely_names() or low in last_names() or low in WORDS_TOO
    if word[:1].isupper() and not word.isupper():
        return is_listed or low not in common_words(_COMMON)
    return is_lower_fine and ((is_listed and low not in plain_words()) or (is_unknown(low) and not is_slip(low)))


def low_of(word: str) -> str:
    """A word in lower case without accents and without what hangs on it."""
    low = folded(word.replace("’", "'").rstrip("."))
    low = low[:-2] if low.endswith("'s") else low
    return low.replace("'", "")


def _pairs(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Two words with capitals of which one is a first name, where not every word has one."""
    if is_title_case(text) and text.count(" ") > _MOST:
        return
    for match in _PAIR.finditer(text):
        lows = [low_of(match[1]), low_of(match[2])]
        if is_name(f"{match[1]} {match[2]}", never) and any(low in given_names() for low in lows):
            if not any(low in places() for low in lows):
                yield match.start(1), match.end(2)


def _told(text: str, match: re.Match[str], never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Who is greeted, told, met: a name that no list has after the surest words, a listed one after the others."""
    name = match["name"]
    if not name[:1].isupper():
        return
    is_sure = bool(_SURE_TO_BE_TOLD.match(match[0]))
    if is_sure and low_of(name) in word_names() and low_of(name) not in never:
        yield match.span("name")
    while name and not is_name(name, never):
        name = name.rpartition(" ")[0]
    if not name:
        return
    lows = {low_of(word) for word in name.split()}
    is_listed = bool(lows & (given_names()))
    if is_sure or (is_listed and (not lows & places())):
        yield match.start("name"), match.start("name") + len(name)


def beside(text: str, start: int, end: int, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Who is named together with somebody: "Luca and Wren"."""
    before = _AND_BEFORE.search(text, max(0, start - 40), start)
    for match in (before, _AND_AFTER.match(text, end)):
        group = match.lastindex if match else None
        if match and group and not _is_other(low_of(match[group]), never):
            if _may_be(match[group], low_of(match[group]), is_lower_fine=False):
                yield match.span(group)


def _initials(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _INITIALS.finditer(text):
        low = low_of(match[0].split()[-1].rpartition(".")[2])
        if low not in never and low not in medicines() and low not in common_words(_COMMON):
            yield match.start(), match.end()


def _segments(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Parts between marks that are nothing but a name: signatures, answers, names beside a detail."""
    has_details = "|" in text
    is_lower_fine = not is_spanish(text)
    is_shouted = text.isupper()
    start = 0
    cuts = [match.span() for match in _CUT.finditer(text)] + [(len(text), len(text))]
    for cut, after in cuts:
        words = _trimmed([word for word in _WORD.finditer(text, start, cut)])
        if 0 < len(words) <= _MOST:
            first, last = words[0].start(), words[-1].end()
            is_last = not text[last:].strip(" .!?|\n:)") and bool(_SIGN_OFF.search(text[:first]))
            is_all = not text[last:].strip(" .!") and not _WORD.search(text[:start]) and not has_details
            is_fine = is_lower_fine or all(word[0][:1].isupper() for word in words)
            if (
                is_fine
                and "?" not in text[cut:after]
                and _stands_alone(words, never, has_details, is_last, is_all, is_shouted)
            ):
                yield first, last
        start = after


def _trimmed(words: list[re.Match[str]]) -> list[re.Match[str]]:
    while words and low_of(words[0][0]) in _AROUND:
        words = words[1:]
    while words and low_of(words[-1][0]) in _AROUND:
        words = words[:-1]
    return words


def _stands_alone(
    words: list[re.Match[str]], never: frozenset[str], has_details: bool, is_last: bool, is_all: bool, is_shouted: bool
) -> bool:
    said = " ".join(word[0] for word in words)
    said = said.title() if is_shouted and (has_details or len(words) > 1) else said
    if len(words) == 2 and len(words[1][0].rstrip(".")) == 1:
        return (low_of(words[0][0]) in first_names() and low_of(words[0][0]) not in never) or is_name(
            words[0][0], never
        )
    if (is_all or has_details) and len(words) > 1 and _is_full_name(said, never):
        return True
    if len(words) > 1:
        return (is_name(said, never, is_lower_fine=True) and _some_listed(said)) or _are_mostly_listed(said, never)
    low = low_of(said)
    if (has_details or is_last) and said[:1].isupper() and low in word_names() and low not in never:
        return True
    if not (has_details or is_last or is_all) or not is_name(said, never, is_lower_fine=is_last or has_details):
        return False
    return low in given_names() or has_details or is_last or (len(low) > 3 and not is_slip(low))


def _some_listed(said: str) -> bool:
    lows = [low_of(word) for word in said.split()]
    return any(low in first_names() or low in likely_names() for low in lows) or all(
        low in last_names() or is_unknown(low) or len(low) == 1 for low in lows
    )


def _is_other(low: str, never: frozenset[str]) -> bool:
    return low in never or low in SMALL or low in places()


def _is_full_name(said: str, never: frozenset[str]) -> bool:
    """Whether some words begin with a first name, be it a word as well, and end with a last name that is none."""
    lows = [low_of(word) for word in said.split()]
    is_first = (lows[0] in given_names() or lows[0] in WORDS_TOO) and not _is_other(lows[0], never)
    if (
        said.istitle()
        and lows[0] in WORDS_TOO | _MONTHS
        and lows[-1] in common_last_names()
        and lows[-1] not in places()
        and len(lows) == 2
    ):
        return True
    is_last = lows[-1] in all_names() and lows[-1] not in common_words(_COMMON) and not _is_other(lows[-1], never)
    return is_first and is_last and lows[-1] not in medicines() and not any(low in SMALL - PARTICLES for low in lows)


def _are_mostly_listed(said: str, never: frozenset[str]) -> bool:
    """Whether three words or more are a name though one of them stands in the list of English words."""
    lows = [low_of(word) for word in said.split()]
    listed = [low for low in lows if low in first_names() or (low in last_names() and low not in common_words(_COMMON))]
    others = [low for low in lows if low not in listed]
    is_free = not any(low in never or low in SMALL or low in common_words(_COMMON) for low in others)
    return len(lows) > 2 and len(listed) > 1 and is_free and not any(low in never or low in SMALL for low in listed)

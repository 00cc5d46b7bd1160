"""Where names stand in a message though no list may have them: before "said", after "tell", by initials.

A word counts as a name there if a list of names has it, or if no list of words has it. Only capitals tell a name that
no list has; where somebody writes none, it must stand after what introduces a name (`personal_names.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.english import common_words
from assistant.lone_names import MONTHS, lone_names
from assistant.name_likeness import COMMON, WORD, is_name, is_title_case, low_of, may_be
from assistant.name_lists import (
    SMALL,
    WORDS_TOO,
    given_names,
    word_names,
)
from assistant.no_names import PEOPLE_TOO
from assistant.vocabulary import is_slip, is_spanish, is_unknown, medicines, places

_FEW = 3  # letters of a word, or spaces of a text, too short to tell
_SAID = (
    r"(?:said|says|told|tells|texted|emailed|e-mailed|phoned|referred|recommended|suggested|mentioned|wants|wanted|thinks|"
    r"drove|drives|can drive|can sign|can pick|will drive|will pick|will sign|will bring|will come|"
    r"will be driving|is my|"
    r"was my|is our|has my|has a key|has been so|knows about|lives with|helped me|agreed|promised|answered|"
    r"who (?:works|did|"
    r"runs|was|is|has|answered|called)|from (?:billing|the front|your (?:front|office|billing|team)|reception|"
    r"scheduling|"
    r"intake)|at (?:the|your) (?:front )?(?:desk|reception|office)|in (?:billing|reception|scheduling)|and [iI]\b|"
    r"and (?:his|her|my|our) (?:wife|husband|mom|mother|dad|father|son|daughter|partner|kids?|sister|brother)|"
    r"here\b|speaking\b|again\b|calling\b|reschedul\w+|works\b|worked\b|is working|is (?:there|in|on|out|off|"
    r"back) |needs (?:a|to|his|her)|has an? (?:app|consult|infusion|session)|"
    r"dijo|dice|me (?:dijo|recomend\w+|mand\w+|refiri\w+)|quiere|necesita|no puede|tiene (?:cita|una cita))"
)
_BEFORE_SAID = re.compile(rf"(?<![\w'’.-])([A-ZÀ-Ý][\w'’-]{{0,30}}\.?(?: [A-Z][\w'’-]+){{0,2}}),? {_SAID}")
_TOLD = re.compile(
    r"\b(?:tell|told|ask|asked|call|called|text|texted|email|emailed|remind|met|thank|thanks|hi|hello|hey|dear|hola|"
    r"gracias|estimad[oa]|morning|afternoon|me and|both me and|love|saw|who(?:'s| is)|seeing|see|spoke (?:to|"
    r"with)|speak (?:to|with)|"
    r"talk(?:ed|ing)? (?:to|with)|work(?:ing|ed)? with|assigned to|cc|is|was|named|with|treated by|seen by|by|bring|"
    r"bringing|inform|contact|reach|notify|trust|miss|remember|know|meet|marr(?:y|ied)|and|y|para|con|a|de parte de|"
    r"(?:my|our|his|her|their) [a-z]{3,14}|c/o|attn:?|care of|behalf of|guardian of|parent of|spouse of|wife of|"
    r"husband of|caretaker (?:of|for)|mother of|father of|mom of|dad of|"
    r"appointment for|booked for|it'?s for|is for|for|from),? "
    r"(?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})(?P<after>['’]s\b)?",
    re.IGNORECASE,
)
_TOLD_LOWER = re.compile(
    r"\b(?:tell|told|ask|asked|text|texted|call|remind|hi|hey|hello|love) (?P<name>[a-z][a-z'’-]+)\b"
)
_SURE_TO_BE_TOLD = re.compile(
    r"(?:c/o|attn:?|care of|tell|told|ask|asked|text|texted|email|emailed|remind|met|thank|thanks|hi|hello|hey|"
    r"dear|hola|gracias|me and|who(?:'s| is)|"
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
    rf"^\W*(?:(?:hi|hey|hello|hola|yo|ok|yes|so)[ ,!.]{{1,3}}){{0,2}}({WORD.pattern}(?: {WORD.pattern}){{0,2}}?)"
    r"(?:,? (?:here|speaking|again|checking in|calling|back|habla)\b|,? \(?(?:she|he|they)/|, \d\d\b)"
)
_ASKED_FOR = re.compile(
    r"\b(?:[Ww]ould|[Ww]ill|[Ii]s|[Cc]an|[Cc]ould|[Dd]oes|[Dd]id|[Hh]as|[Ww]here(?:'s| is)) (?P<name>[A-Z][\w'’-]+) "
    r"(?:be (?:there|in\b|available|working|back)|in\b(?! my| the)|there|available|working|around|off\b|call|"
    r"email|text|"
    r"write|see|still work|come|sit|join|drive|stay|ride|pick|sign|back|on (?:mon|tue|wed|thu|fri|sat|sun))"
)
_AND_AFTER = re.compile(r"(?:,? (?:and|y|or|o|n)|,? ?[&+]|,) ([A-Z][\w'’-]+)")
_AND_BEFORE = re.compile(r"(?<![\w'’-])([A-Z][\w'’-]+) (?:and|y|or|&) $|^([A-Z][\w'’-]+), $")
_PAIR = re.compile(r"(?<![\w'’-])(?=([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+(?:-[A-Z]\w+)?))\w")
_IRISH = re.compile(r"\b(?:O['’]|Mc)[A-Z][a-z]{2,}\b(?!['’]s)")
_INITIALS = re.compile(
    r"(?<![\w.])(?:[A-Z]\. ?){1,3}(?:[A-Z][^\W\d_]{2,}(?:-[A-Z]\w+)?)(?! ?\d)|(?<![\w.])[A-Z] [A-Z][a-z]{2,} (?=\|)"
)


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
    if opening := _OPENS.match(text):
        is_word = (
            opening[1][:1].isupper()
            and low_of(opening[1]) in WORDS_TOO | MONTHS | PEOPLE_TOO
            and text[opening.end(1)] == " "
        )
        if is_word or is_name(opening[1], never, is_lower_fine=True):
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
        if len(low) > _FEW and is_unknown(low) and not is_slip(low) and low not in never:
            yield match.span("name")
    for match in _ASKED_FOR.finditer(text):
        if is_name(match["name"], never) or low_of(match["name"]) in word_names():
            yield match.span("name")
    yield from (match.span() for match in _IRISH.finditer(text))
    for match in _TOLD.finditer(text):
        yield from _told(text, match, never)
    yield from lone_names(text, never)


def _pairs(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Two words with capitals of which one is a first name, where not every word has one."""
    if is_title_case(text) and text.count(" ") > _FEW:
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
    if is_sure and (low_of(name) in PEOPLE_TOO or (low_of(name) in word_names() and low_of(name) not in never)):
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
            if may_be(match[group], low_of(match[group]), is_lower_fine=False):
                yield match.span(group)


def _initials(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _INITIALS.finditer(text):
        low = low_of(match[0].split()[-1].rpartition(".")[2])
        if low not in never and low not in medicines() and low not in common_words(COMMON):
            yield match.start(), match.end()


def _is_other(low: str, never: frozenset[str]) -> bool:
    return low in never or low in SMALL or low in places()

"""Finds people's names in what visitors write: after words that introduce one, and by the lists of the US census.

Many names are words as well ("will", "mark", "hope"): those count only where something introduces them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.english import common_words
from assistant.name_extent import end_of, is_name_after, is_other
from assistant.name_likeness import PARTICLES, WORD, is_title_case, low_of
from assistant.name_lists import (
    SAID_OF_ANYBODY,
    SMALL,
    VERBS,
    WORDS_TOO,
    all_names,
    common_last_names,
    first_names,
    given_names,
    is_inflected,
    last_names,
    likely_names,
    plain_words,
    strange_terms,
    sure_given_names,
    sure_names,
)
from assistant.name_places import beside, in_places
from assistant.no_names import NOT_NAMES, PEOPLE_TOO, is_nobody
from assistant.vocabulary import CHAT, is_known, is_slip, is_spanish, is_unknown, places

_KNOWN = 15_000  # words that are written with a capital by mood
_FEW = 4  # spaces of a text that is too short to tell
_TOP = 2_000  # the most frequent ones
_MONTHS = frozenset("april may june august".split())
_TITLES = (
    r"(?:dr|mr|mrs|ms|miss|mister|nurse|prof|professor|sr|sra|srta|señora?|doctora?|rev|reverend|pastor|sgt|capt|"
    r"officer|detective|fr|lt|col|cpl|spc|pvt|deacon|chief|judge|coach|rabbi|imam|ing|lic|don|doña|brother|sister|father|mother|madam|elder)\.?"
)
_KIN = (
    r"(?:wife|husband|son|daughter|brother|sister|mom|mother|dad|father|friend|partner|boyfriend|girlfriend|fianc[eé]e?|"
    r"sponsor|girl|boy|bestie|gf|bf|hubby|pal|buddy|big|lil|auntie|godfather|godmother|sitter|aunt|uncle|cousin|niece|nephew|grandma|grandpa|grandmother|grandfather|therapist|psychiatrist|psychologist|"
    r"counselor|caregiver|baby|(?:daughter|son|mother|father|brother|sister) in law|"
    r"mam[aá] de|pap[aá] de|niet[oa]|t[ií][oa]|esposa de|hij[oa] de|"
    r"esposa|esposo|hijo|hija|hermana|hermano|mamá|papá|amigo|amiga|roommate|neighbor|boss|"
    r"kids?|child|teen|twin|sibling|spouse|ex-wife|ex-husband|stepmom|stepdad|stepmother|stepfather|grandson|"
    r"granddaughter|godson|goddaughter|pcp|doc|gp|np|lawyer|attorney|case ?(?:manager|worker)|social worker|caretaker|"
    r"carer|aide|interpreter|translator|driver|ride|adjuster|landlord|coworker|co-worker|colleague|classmate|teacher|coach|"
    r"minister|priest|father|rabbi|imam|supervisor|manager|assistant|nurse|receptionist|lady|gal|guy|patient|client|"
    r"member|contact|guardian|pharmacist|dentist|surgeon|neurologist|anesthesiologist|provider|specialist|"
    r"pareja|novi[oa]|marido|mujer|prim[oa]|sobrin[oa]|abuel[oa]|niñ[oa]|doctor|vecin[oa]|jef[ea]|nieta|suegr[oa]|cuñad[oa]|"
    r"stepson|stepdaughter|ex|daughter-in-law|son-in-law|mother-in-law)"
)
_STRONG = re.compile(
    r"\b(?:my (?:full |first |last |legal |real |maiden |middle |nick|preferred )?name(?:'?s| is| es)?(?: is)?|"
    r"(?:first|last|full|legal|patient(?:'?s)?|his|her|their|whose|the|sur) ?name(?:'?s| is|:)?(?: is)?|"
    r"name(?: is|:|'s| -|=)|"
    r"i go by|goes by|go by|call me|called|named|ask for|asking for|talk to|speak (?:to|with)|"
    r"me llamo|se llama|mi nombre (?:completo )?es|a nombre de|nombre:?(?: es)?|"
    r"it['’]?s me|it was me|signed|sincerely,?|regards,?|yours(?: truly)?,?|attn:?|"
    r"appointment (?:is )?(?:for|under)|booked (?:for|under)|under the name(?: of)?|"
    r"surname|apellidos?|le habla|(?:known|listed|filed|registered|saved|down|recorded|booked|entered|"
    r"signed) (?:in )?as|me as|maiden name,?|spell(?: it)?|se llama[n]?|"
    r"patient is|patient:|pt:?|on behalf of|spouse of|guardian of|should say|should be|"
    r"it'?s for|book (?:it )?(?:for|under)|put (?:it )?(?:down )?(?:under|for)|spelled|last name|first name)"
    r"[\s:,\"'“(-]+",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:i['’]?m|i am|this is|it['’]?s|soy|habla|aquí)\s+", re.IGNORECASE)
_WEAK = re.compile(
    r"(?:\b(?:it is|that'?s|hi|hello|hey|thanks|thank you|thx|gracias|dear|hola|"
    r"saw|see|seeing|with|and|y|for|by|from|of|ask|tell|told|remind|cc|love|cheers|best|de parte de|para|a nombre de)"
    r"|[-–—~,:(\n/])[\s,:]*",
    re.IGNORECASE,
)
# "Hoang here", "It was me, Sunil": what stands beside a name that begins with a capital, whatever list it is in.
_AROUND = re.compile(
    r"(?:(?<=^)|(?<=[.!?,;] )|(?<=\n))(?P<before>[A-Z][\w'’-]+(?: [A-Za-z][\w'’-]+){0,3}) "
    r"(?:here\b|at \d|speaking\b|again\b|is my\b)"
    r"|\b(?i:it was me|it'?s me|me again|this is|it was|to cancel\.|with|ask for|tell|text|call|page),? "
    r"(?P<after>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)(?=[,.;]| (?:who|his|her|my|at|please|that|again)\b)"
    r"|(?<=[.!?] )(?P<alone>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)(?=, (?:\d|the \d))"
)
_KIN_RIGHT_BEFORE = re.compile(rf"\b(?:my|our|his|her|their|mi) {_KIN}s? $", re.IGNORECASE)
_CIVIL = re.compile(r"\b(?:dr|mr|mrs|ms|sra|srta|señora|drs)\.? $", re.IGNORECASE)
_DEMONYMS = ("ish", "ese", "ican", "ian", "ist")
_TITLED = re.compile(rf"\b{_TITLES}\s+", re.IGNORECASE)
_INTRODUCED = re.compile(
    rf"\b(?:{_KIN}s?(?:(?:'s| is|['’]s) name(?: is|['’]s)|,? named|,? called|,? se llama)?(?: (?:at|from|over at|"
    rf"in) (?:the |your |my )?\w{{2,12}})?"
    r"(?:,| is| es|:| \(|\(| -)? ?(?:(?:mr|mrs|ms|dr|sgt)\.? )?)(?<=[\s(.])",
    re.IGNORECASE,
)


def find_names(text: str) -> list[tuple[int, int]]:
    """Where names of people stand in a text: start and end of each."""
    words = list(WORD.finditer(text))
    found = (
        *_introduced(text, words),
        *_around(text),
        *_rows(text, words),
        *in_places(text, NOT_NAMES),
        *_listed(text, words),
    )
    names = [(start, _unowned(text, start, end)) for start, end in set(found) if not is_nobody(text, start, end)]
    return _merged([*names, *(also for span in names for also in beside(text, *span, NOT_NAMES))])


def _unowned(text: str, start: int, end: int) -> int:
    """Where a name ends without the "'s" of what is somebody's."""
    return end - len("'s") if text[start:end].endswith(("'s", "’s")) else end


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged


def _introduced(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    by_start = {word.start(): number for number, word in enumerate(words)}
    for lead, sureness in ((_STRONG, 3), (_TITLED, 2), (_INTRODUCED, 1), (_SELF, 1), (_WEAK, 0)):
        for match in lead.finditer(text):
            number = by_start.get(match.end())
            if number is not None and (span := _name_from(text, words, number, sureness)):
                yield span


def _around(text: str) -> Iterator[tuple[int, int]]:
    for match in _AROUND.finditer(text):
        group = str(match.lastgroup)
        lows = {low_of(word[0]) for word in WORD.finditer(match[group])}
        if lows & SMALL or lows & NOT_NAMES:
            continue
        if (lows & all_names() or lows & WORDS_TOO) or not lows & common_words():
            yield match.span(group)


def _rows(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Names in a row that are no words, written with capitals or without, and what stands right before them."""
    number = len(words) if is_spanish(text) and text.islower() else 0
    while number < len(words):
        end = number
        while end < len(words) and _goes_in_row(low_of(words[end][0])) and _touches(text, words, number, end):
            end += 1
        while end > number and low_of(words[end - 1][0]) in PARTICLES:
            end -= 1
        lows = [low_of(word[0]) for word in words[number:end]]
        if sum(low in sure_names() for low in lows) >= 2 and lows[0] in sure_names():
            first = number
            if first and text[words[first - 1].end() : words[first].start()] == " ":
                before = low_of(words[first - 1][0])
                first -= not (before in common_words() or before in SMALL or before in NOT_NAMES)
            yield words[first].start(), words[end - 1].end()
        number = max(end, number + 1)


def _goes_in_row(low: str) -> bool:
    return low in PARTICLES or (low in sure_names() and low not in NOT_NAMES)


def _touches(text: str, words: list[re.Match[str]], first: int, number: int) -> bool:
    return number == first or text[words[number - 1].end() : words[number].start()] in (" ", "-")


def _name_from(text: str, words: list[re.Match[str]], number: int, sureness: int) -> tuple[int, int] | None:
    """The name that begins with a word, as something before it makes likely.

    Args:
        sureness: 3 after "my name is", 2 after "Mr", 1 after "my wife" or "this is", 0 after "with".
    """
    first = words[number][0]
    low = low_of(first)
    is_capital = first[:1].isupper() and not first.isupper()
    if sureness >= 1 and is_capital and low in _MONTHS and _may_be_month_name(text, words[number], sureness):
        return words[number].start(), end_of(text, words, number, is_sure=True)
    if is_capital and not is_other(low) and _is_after_person(text, words[number], sureness):
        return words[number].start(), end_of(text, words, number, is_sure=True)
    if sureness >= 1 and is_capital and low in PEOPLE_TOO and _is_person(text, words[number]):
        return words[number].start(), end_of(text, words, number)
    if low in SMALL or low in NOT_NAMES or low in strange_terms():
        return None
    if sureness == 3:
        fits = is_capital or first.isupper() or low not in plain_words() or low in WORDS_TOO
        fits = fits or (low in last_names() and low not in common_words(_TOP))
        fits = fits or (low not in common_words(_TOP) and not is_slip(low) and _ends(text, words[number]))
    elif sureness == 2:
        fits = (is_capital and low not in common_words(_TOP)) or low in given_names()
        fits = fits or is_unknown(low) or (low in last_names() and low not in common_words(_KNOWN))
        fits = fits or (low.endswith("s") and low[:-1] in last_names() and not is_known(low))
    elif sureness == 1:
        is_listed = low in first_names() or low in likely_names()
        fits = (is_listed and (low not in WORDS_TOO or is_capital)) or (low in WORDS_TOO and is_capital)
        fits = fits or (low in WORDS_TOO - SAID_OF_ANYBODY - VERBS and _stands_as_name(text, words[number]))
        fits = fits or (is_unknown(low) and (is_capital or (first.islower() and not is_slip(low))))
        is_end = not re.match(r"['’]?\w* ?[\w$]", text[words[number].end() :])
        rank = _TOP if is_end else _KNOWN
        fits = fits or (
            is_capital and low in last_names() and (low in common_last_names() or low not in common_words(rank))
        )
    else:
        fits = (low in first_names() and low not in WORDS_TOO) or (
            low in WORDS_TOO and is_capital and is_name_after(text, words, number)
        )
        fits = fits or (is_capital and low in last_names() and low not in plain_words() and low not in places())
    return (words[number].start(), end_of(text, words, number, sureness >= 1)) if fits else None


def _may_be_month_name(text: str, word: re.Match[str], sureness: int) -> bool:
    """Whether a month is somebody's name: after what introduces one, and with no day or year behind it."""
    lead = text[: word.start()].rstrip().lower()
    after = text[word.end() :]
    is_self = lead.endswith(("it's", "its", "this is", "it is", "is"))
    return not re.match(r"\.? ?\d|,? (?:the|of|or)\b", after) and (sureness == 3 or not is_self)


def _is_person(text: str, word: re.Match[str]) -> bool:
    """Whether a word that is a place or a faith as well is somebody's name here."""
    is_faith = low_of(word[0]) == "christian" and _SELF.search(text, 0, word.start()) is not None
    return not is_faith and not re.match(
        r"[ -](?:based|area|[A-Z]{2}\b)|, (?:[A-Z]{2}\b|[A-Z][a-z]+as\b)", text[word.end() :]
    )


def _is_after_person(text: str, word: re.Match[str], sureness: int) -> bool:
    """Whether a word stands right behind "Mrs" or "my wife", in a text that has capitals for names only."""
    lead = text[max(0, word.start() - 24) : word.start()]
    is_kin = sureness == 1 and bool(_KIN_RIGHT_BEFORE.search(lead)) and not word[0].lower().endswith(_DEMONYMS)
    is_free = not is_title_case(text) or text.count(" ") < _FEW
    return is_free and (is_kin or (sureness == 2 and bool(_CIVIL.search(lead))))


def _ends(text: str, word: re.Match[str]) -> bool:
    return bool(re.match(r"\W*$|[.,;!] ", text[word.end() :])) and not text[: word.start()].endswith(("call ", "to "))


def _stands_as_name(text: str, word: re.Match[str]) -> bool:
    """Whether what is around a word without a capital leaves it no other sense: "im precious, i have"."""
    lead, after = text[: word.start()].lower().rstrip(), text[word.end() :]
    if lead.endswith(("its", "it's", "it’s", "this is")):
        return bool(
            re.match(r"[^\w]{0,2}$| (?:again|here|from (?!the))|, (?:i|im|did|can|could|my|is|are|do)\b", after)
        )
    return bool(re.match(r"[.,!]|$| (?:is|has|was|had|and i|and me|said|wants|needs|told|takes|here|n i)\b", after))


def _listed(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """First names that are no other word, wherever they stand; and words that are one, with a last name behind them."""
    is_foreign = is_spanish(text)
    for number, word in enumerate(words):
        low = low_of(word[0])
        if "-" in low and all(part in given_names() for part in low.split("-")):
            yield word.start(), end_of(text, words, number, is_sure=True)
        if low in NOT_NAMES or low in SMALL or low in CHAT:
            continue
        if word[0].islower() and (is_foreign or is_inflected(low)):
            continue
        if _are_strange(text, words, number):
            yield word.start(), end_of(text, words, number + 1)
        elif low in sure_given_names() or (word[0][:1].isupper() and not word[0].isupper() and _is_strange_last(low)):
            yield word.start(), end_of(text, words, number, is_sure=word[0][:1].isupper())
        elif low in WORDS_TOO and word[0][:1].isupper() and low in first_names() and is_name_after(text, words, number):
            end = end_of(text, words, number)
            if low_of(text[word.end() : end].split()[-1]) in last_names():
                yield word.start(), end


def _is_strange_last(low: str) -> bool:
    """Whether a last name is in no list of words."""
    return len(low) > 3 and low in last_names() and is_unknown(low)


def _are_strange(text: str, words: list[re.Match[str]], number: int) -> bool:
    """Whether two words with capitals stand together that are no words: a name that no list has."""
    if number + 1 >= len(words) or text[words[number].end() : words[number + 1].start()] != " ":
        return False
    pair = [words[number][0], words[number + 1][0]]
    if not all(word[:1].isupper() and word[1:].islower() and low_of(word) not in NOT_NAMES for word in pair):
        return False
    lows = {low_of(word) for word in pair}
    return not lows & common_words(_KNOWN) and not lows <= common_words()

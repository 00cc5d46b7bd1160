"""The words in which visitors speak of times: their spelling, and which of them say nothing about the time itself."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from symspellpy import SymSpell, Verbosity

from assistant.english import common_words

_SHORTEST = 4  # letters; shorter words have too many neighbours
_LONG = 7  # letters from which two slips are forgiven

_ALIASES = {
    alias: word
    for word, aliases in {
        "monday": "mon mondays monday's",
        "tuesday": "tue tu tues tuesdays tuesday's",
        "wednesday": "wensday wendsday wenesday wedsday wed weds wednesdays wednesday's",
        "next": "nxt",
        "thursday": "thrs th thu thur thurs thursdays thursday's",
        "friday": "fri fridays friday's",
        "saturday": "sat saturdays saturday's",
        "sunday": "sun sundays sunday's",
        "tomorrow": "2moro tmrw tmr tmw tmrrw tomoro tomo 2morrow tomorrow's",
        "today": "2day today's",
        "morning": "mornings morn forenoon midmorning",
        "afternoon": "afternoons midafternoon aft arvo",
        "evening": "evenings eve eves night nights",
        "tonight": "tonite 2nite 2night",
        "weekday": "weekdays wkday wkdays workday workdays",
        "weekend": "weekends wknd wknds wkend",
        "weeknight": "weeknights",
        "noon": "noonish midday noontime",
        "week": "wk",
        "available": "avail availble",
        "between": "btwn btw/n",
        "appointment": "appt",
        "please": "pls plz",
        "and": "n",
        "cannot": "cant can't couldn't couldnt",
        "don't": "dont doesnt doesn't",
        "won't": "wont wouldn't wouldnt isn't isnt aren't arent",
        "anytime": "anytimes whenevs",
        "around": "abt approx approximately circa",
    }.items()
    for alias in aliases.split()
}
_TIME_WORDS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december tomorrow today tonight yesterday morning afternoon evening noon midnight
    lunch lunchtime weekday weekend weeknight week month day anytime whenever anything everyday asap possible
    soonest earliest immediately before after between until till from except excluding besides flexible preference
    daytime oclock half past quarter early late later next this last following coming onwards through thru beginning
    starting within hour
    """.split()
)
FILLERS = frozenset(
    """
    a able about absolutely actual all along alright also always am an any anywhere appointment appointments
    appreciate appropriate are around as ask at availability available awesome back be best better book booking both
    by call can case catch change choice clinic come coming consult consultation contact convenient cool could
    currently day days definitely dial did do doc doctor does drop during each easier easiest either else every
    everyone fine first fit for free friendly fyi generally get give go going good grab great guess guys happen have
    haven having hear hello hey hi hmm hope hoping hours how how's hows i i'd i'll i'm i've id ideal ideally if im
    in instead is it it'd it'll it's its just kind kinda know let let's like likely lines love mainly make maybe me
    meet meeting might mine mostly much my need nice normally number of off oh ok okay on once one ones only open
    opening openings option options ought our ours perfect perhaps phone pick please plus possible possibly prefer
    preferable preferably preferred pretty probably put quite rather reach really right ring said same say schedule
    see session set shall should slot slots so some somebody someone something sometime sometimes soon sorry sort
    spot squeeze start suit suits super sure talk team text thank thanks that that'd that's thats the them then
    there there's they thing think time times to today too try u um up us usually very visit want way we we'd well
    what what's whats which whole will window windows wish with work works would y'all ya yeah yep yes you your
    yours
    """.split()
)
STRUCTURE = frozenset(["or", "and", "nor", "but", "though", "although", "however"])
NEGATIONS = frozenset(
    """
    not no never except excluding besides avoid without minus cannot don't won't busy unavailable nothing neither
    unable hate
    """.split()
)
# Words of somebody who tells a story: the times in it are no wish.
STORY = frozenset(
    """
    since been was were had has last ago worse worst feel feels feeling felt sleep sleeping wake waking hurt hurts
    took take taking started diagnosed died happened went came got tried told birthday born cry crying panic
    depressed sick infusion infusions ketamine medication meds pills drive eat drink
    """.split()
)

_QUESTION = re.compile(
    r"^(?:what(?!ever)|when(?!ever)|why|where|who|which|how|does|did|should|do|are|is|am|was|were|can|could|would|may|"
    r"might|shall|will|have|has)\b"
)
_OPENERS = re.compile(r"^(?:(?:and|so|but|ok|okay|hi|hello|hey|um|well|please|also|thanks|yes|sure|hmm|oh)\b[ ,]*)+")
_ITEM = "[\ue000-\uf8ff]"
_REQUEST = re.compile(
    r"^(?:how about|how's|hows|how is|what about)\b"
    r"|^(?:can|could|may|might|would|will) (?:i|we|you|u|it|he|she|they|someone|somebody)\b"
    rf"|^(?:can|could|would|will|is|are|do|does|may) (?:(?:the|on|this|in) )*{_ITEM}"
    r"|^do (?:you|u|y'all) (?:guys )?have (?:any|time|room|space|an?|openings?|availability|slots?|some|\W)"
    r"|^are (?:you|u) (?:free|available)"
    r"|^(?:is|are) there (?:on|in|at|after|before|any|some|an?|openings?|availability|slots?|space|room|time|\W)"
    r"|^is it (?:ok|okay|possible)"
)


@lru_cache(maxsize=1)
def _speller() -> SymSpell:
    speller = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word in (*_TIME_WORDS, *FILLERS):
        speller.create_dictionary_entry(word, 1)
    return speller


def plain(text: str) -> str:
    """The text in small letters, its words spelt as the grammar knows them, without pictures and private signs."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[‘’ʼ`´]", "'", text)
    text = re.sub("[‐‑‒–—−]", "-", text)
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"\b(\d{1,2}) ?([ap])\b(?!')", r"\1 \2m", text)
    text = re.sub(r"\ba\.s\.a\.p\b\.?", "asap", text)
    text = re.sub(r"\bno (?=(?!tues|weds|thurs)[a-z]+s\b)", "not ", text)  # "no Mondays" is clearer than "no Monday"
    text = re.sub(r"\bo'? ?clock\b", "oclock", text)
    text = re.sub(r"\bm ?- ?f\b", "monday-friday", text)
    text = re.sub(r"\bmwf\b", "monday wednesday friday", text)
    text = re.sub(rf"\b({_SHORT_FORMS})\.", r"\1", text)
    text = text.replace("&", " and ").replace("@", " at ").replace("…", " . ").replace('"', " ")
    text = "".join(" " if unicodedata.category(char) in _PICTURES else char for char in text)
    text = re.sub(r"(?<!\w)(?:2moro|2morrow|2day|2nite|2night)(?!\w)", lambda match: _ALIASES[match[0]], text)
    text = re.sub(
        r"(?<!\w)(?!(?<=\bi )sat\b|(?<=\bthe )sun\b)[^\W\d_]+(?:'[^\W\d_]+)?", lambda match: _spelt(match[0]), text
    )
    return " ".join(text.split())


_SHORT_FORMS = "mon|tues?|weds?|thu|thurs?|fri|sat|sun|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|appt"
_PICTURES = frozenset(["So", "Sk", "Co", "Cc", "Cf", "Cs", "Cn", "Mn"])


def _spelt(word: str) -> str:
    if word in _ALIASES:
        return _ALIASES[word]
    if len(word) < _SHORTEST or word in _TIME_WORDS or word in FILLERS or word in NEGATIONS or word in common_words():
        return word
    near = _speller().lookup(word, Verbosity.CLOSEST, max_edit_distance=2 if len(word) >= _LONG else 1)
    times = [found.term for found in near if found.term in _TIME_WORDS]
    if len(times) > 1:
        return word  # "munday" may be Monday or Sunday
    return next((found for found in times or [found.term for found in near] if found[0] == word[0]), word)


def is_asking(sentence: str) -> bool:
    """Whether a sentence is put as a question, of whatever kind."""
    return sentence.endswith("?") or _QUESTION.match(_OPENERS.sub("", sentence)) is not None


def is_about_facts(sentence: str) -> bool:
    """Whether a sentence asks for information ("are you open on Sunday"), not for a time ("can you do Friday?")."""
    sentence = _OPENERS.sub("", sentence)
    return _QUESTION.match(sentence) is not None and _REQUEST.match(sentence) is None

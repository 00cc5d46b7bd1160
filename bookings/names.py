"""Reads the name in what a visitor typed, and keeps its spelling."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass, field

from assistant.english import common_words
from bookings.contact import Found, find_contacts

_LOOKED_AT = 2_000  # characters of a message
_LONGEST = 80  # characters of a name
_MOST_WORDS = 7  # "María de los Ángeles García López" has six

# Marks that turn the reading direction or show nothing: they could make a name on the staff's screen look like another.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_JOINERS = "\u200c\u200d"  # Persian and Indic spelling needs them
_IN_NAMES = frozenset(" ,'’ʼʻ`´-‐‑.·" + _JOINERS)
_MARKUP = re.compile(r"[<>{}\[\]\\|=;]|&\w+;|--")
_URL = re.compile(r"https?:|www\.|\w\.(?:com|net|org|io|info|biz|ru|cn)\b", re.IGNORECASE)

_GREETING = r"^\s*(?:(?:hi+|hello|hey|hiya|yes|yeah|ok|okay|sure|well|oh|so|um|hola)[\s,.!-]+){0,3}"
_STRONG_LEAD = (
    r"(?:my (?:full |first )?name['’]?s?(?: is)?|the name['’]?s(?: is)?|(?:full |first )?name(?: is|:)|i go by|"
    r"(?:you (?:can|may) |please |just |people |everyone |friends )?call(?:s)? me|mi nombre es|me llamo)"
)
_WEAK_LEAD = r"(?:i['’]?m|i am|this is|it['’]?s|it is|that['’]?s|soy)"
_STRONG = re.compile(rf"{_GREETING}{_STRONG_LEAD}[\s:,]+", re.IGNORECASE)
_WEAK = re.compile(rf"{_GREETING}{_WEAK_LEAD}\s+", re.IGNORECASE)
_WEAK_UNASKED = re.compile(rf"{_GREETING}(?:i['’]?m|i am|this is)\s+", re.IGNORECASE)
_TAIL = re.compile(
    r"[\s,]+(?:pls|plz|please|thanks|thank you|thx|ty|btw|lol|here|speaking|by the way|is my name|is fine)\s*$",
    re.IGNORECASE,
)
_PRONOUNS = re.compile(r"\s*\((?:she|he|they)\b[^()]{0,30}\)\s*$", re.IGNORECASE)
_BREAK = re.compile(
    r"\n|[!?…]+(?:\s|$)|(?<=\w{4})\.\s+(?=\S)|\s+(?:and|but)\s+(?:i|i['’]m|my|can|could|would|call)\b"
    r"|\s+my (?:phone|number|cell|e-?mail)\b|\s+[-–—]\s+",
    re.IGNORECASE,
)
_ASKS = frozenset(
    "what what's whats why how how's when where who which whose does did is are am can could would should will".split()
)
# Words that no name is typed with in small letters. Names that are words too (Grace, Hope, May) are missing on purpose.
_NOT_IN_NAMES = frozenset(
    """
    a able about addicted afraid after again all allergic alone also always am american an and angry anonymous
    another anxious any anyone anything are aren't as asap ashamed asking at autistic available back bad be because
    been before better bipolar book booking bot broke busy but by call calling can can't cancel cannot come confused
    could curious currently dad daughter depressed depression desperate diabetic disabled divorced do doctor does
    doing don't done dont else email enough every everything exhausted father feel feeling female fine flexible for
    free friday friend from get give go going good got great had happy has have having hello help here hi home
    hopeless hoping how human hurting husband i i'd i'll i'm idk if important in interested into is isn't it it's
    its just keep know later let like lonely looking losing lost make male married matter maybe me mean might mom
    monday morning mornings mother my myself name names need nervous never new next no nobody none nope not nothing
    now number nurse of off ok okay on one only open or our out over overwhelmed pain patient person phone please
    prefer pregnant private question rather ready really retired ridiculous sad said saturday say scared secret see
    serious should show sick single skip so some someone something son sorry spanish start still stop struggling
    stuck suicidal sunday sure talk tell telling texting than thank thanks that that's the their them then therapist
    there these they this those thursday tired to today tomorrow tonight too trying tuesday unable under unemployed
    unsure until up upset urgent us very veteran wait want was wasn't way we wednesday week well were what whatever
    when where which who why wife with won't wondering worried worse would writing wrong yeah yep yes yesterday yet
    you you're your
    """.split()
)
_STATES = re.compile(r"\w+(?:ed|ing|ous|ful|less|able|ible|ive)$", re.IGNORECASE)  # "I'm Exhausted", "I'm Looking"
_LAST_NAME_FIRST = re.compile(
    r"[^\W\d_a-z][\w'’-]+, (?!(?:Thurs|Fri|Mon|Tues|Wednes|Satur|Sun)day)[^\W\d_a-z][\w'’.-]*"
)
_ANSWERS = frozenset(
    "yes no ok okay stop cancel help back skip thanks hello hi hey none quit end start restart menu idk".split()
)


class Reason(str, enum.Enum):
    """Why what was typed cannot be stored as a name."""

    TOO_LONG = "too_long"
    DIGITS = "digits"
    URL = "url"
    EMAIL = "email"
    MARKUP = "markup"
    SYMBOLS = "symbols"  # only emoji, or signs that no name holds


@dataclass(frozen=True)
class Name:
    """A visitor's name as typed. Its fields stay out of `repr`, and so out of logs."""

    value: str = field(repr=False)
    words: str = field(repr=False)  # the name and what led to it, as typed


@dataclass(frozen=True)
class Refused:
    """Something that was meant as a name but cannot be one."""

    reason: Reason


def find_name(text: str, expected: bool) -> Name | Refused | None:
    """Find the visitor's name in a message.

    Args:
        text: what was typed.
        expected: the form has just asked for the name, so that a bare "maria" is one. Otherwise only what follows
            "my name is", "I'm" and the like, and nothing is refused.

    Returns: the name; why it cannot be stored; or None when the message is something else, such as a question.
    """
    text = _visible(text[:_LOOKED_AT])
    rest, reachable = _without_contacts(text)
    if expected:
        return _asked(text, rest)
    strong, weak = _STRONG.match(rest), _WEAK_UNASKED.match(rest)
    lead = strong or weak
    if lead is None:
        return None
    typed = _cut(rest[lead.end() :])
    value = _trim(typed)
    words = value.split()
    if _objection(value) or _is_sentence(words, after_name_is=strong is not None):
        return None
    if not strong and not _stands_out(words[0], reachable):
        return None
    return Name(value, (lead[0] + typed).strip())


def _asked(text: str, rest: str) -> Name | Refused | None:
    strong = _STRONG.match(rest)
    lead = strong or _WEAK.match(rest)
    start = lead.end() if lead else 0
    if not text.strip() or rest.rstrip().endswith("?"):
        return None
    typed = rest[start:] if not lead and _LAST_NAME_FIRST.fullmatch(rest.strip()) else _cut(rest[start:])
    value = _trim(typed)
    if _MARKUP.search(rest):
        return Refused(Reason.MARKUP)
    words = value.split()
    if words and (
        _is_sentence(words, after_name_is=strong is not None) or (not strong and lead and _is_state(words[0]))
    ):
        return None
    reason = _objection(value) if value else _objection(text.strip()) or Reason.SYMBOLS
    return Refused(reason) if reason else Name(value, rest[: start + len(typed)].strip())


def _visible(text: str) -> str:
    """The text without hidden characters; line breaks stay, other blanks become spaces."""
    return "".join(
        "\n" if char in "\r\n" else " " if char.isspace() else char
        for char in _HIDDEN.sub("", text)
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn")
    )


def _without_contacts(text: str) -> tuple[str, bool]:
    """The text without a phone number and an e-mail address, and whether it had one."""
    contacts = find_contacts(text, allow_fictional=True)
    found = [contact.words for contact in (contacts.phone, contacts.email) if isinstance(contact, Found)]
    for words in found:
        text = text.replace(words, ", ")
    return text.lstrip(" ,"), bool(found)


def _cut(text: str) -> str:
    """The text up to where something else begins."""
    return _BREAK.split(text.lstrip(), maxsplit=1)[0].split(",", 1)[0]


def _trim(typed: str) -> str:
    """The name without what stands around it: end punctuation, quotation marks, emoji, "please"."""
    value, before = typed, ""
    while value != before:
        before = value
        value = _PRONOUNS.sub("", _TAIL.sub("", value)).strip()
        while value and (value[-1] in '.,!;:?…-"”“*~' or _is_picture(value[-1])):
            value = value[:-1]
        while value and (value[0] in '.,!;:-"”“*~' or _is_picture(value[0])):
            value = value[1:]
    return " ".join(value.split())


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char in "\ufe0f\u200d"


def _objection(value: str) -> Reason | None:
    if _MARKUP.search(value):
        return Reason.MARKUP
    if "@" in value:
        return Reason.EMAIL
    if _URL.search(value):
        return Reason.URL
    if len(value) > _LONGEST:
        return Reason.TOO_LONG
    if any(unicodedata.category(char)[0] == "N" for char in value):
        return Reason.DIGITS
    in_names = all(unicodedata.category(char)[0] in "LM" or char in _IN_NAMES for char in value)
    piled_up = "MMMM" in "".join(unicodedata.category(char)[0] for char in value)
    if not in_names or piled_up or not any(unicodedata.category(char)[0] == "L" for char in value):
        return Reason.SYMBOLS
    return None


def _is_sentence(words: list[str], after_name_is: bool) -> bool:
    """Whether these words say something else than a name."""
    if not words:
        return True
    plain = [word.casefold().replace("’", "'").strip(".!?") for word in words]
    typed_small = all(word.islower() for word in words)
    if plain[0] in _ANSWERS or plain[0] in _ASKS:
        return True
    # Only small letters give a word away: Do, My and An are names. A phone writes the first word of a message large.
    shouted = " ".join(words).isupper() and len(words) > 1
    titled = all(not word[0].islower() for word in words)
    for place, (word, typed) in enumerate(zip(plain, words)):
        if word not in _NOT_IN_NAMES:
            continue
        if shouted or typed[0].islower() or (place == 0 and not after_name_is and not (titled and len(words) > 1)):
            return True
    listed = sum(word in _NOT_IN_NAMES for word in plain)
    return listed == len(words) > 1 or (
        len(" ".join(words)) <= _LONGEST and len(words) > (4 if typed_small else _MOST_WORDS)
    )


def _is_state(word: str) -> bool:
    """Whether "I'm" before this word tells how somebody is."""
    return word.casefold() in _NOT_IN_NAMES or (
        _STATES.fullmatch(word) is not None and word.casefold() in common_words()
    )


def _stands_out(word: str, reachable: bool) -> bool:
    """Whether a word after "I'm" is a name that nobody asked for: written large, no usual word, or with a number."""
    if _is_state(word):
        return False
    return not word[0].islower() or reachable or word.casefold() not in common_words()

"""The safety gate: notices danger in a message by its wording alone.

It needs no model, no database and no other service, because it must also work when those are gone. It reads word
lists (`data/safety/*.txt`) that a clinician can edit; what it misses, the trained intents `crisis` and
`medical_emergency` are there to catch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from assistant.settings import PROJECT_DIR

CRISIS = "crisis"
MEDICAL_EMERGENCY = "medical_emergency"
LISTS = {CRISIS: "crisis.txt", MEDICAL_EMERGENCY: "emergency.txt"}

_GAPS = {"..": r"(?:\w+ ){0,2}?", "...": r"(?:\w+ ){0,4}?"}
_ENDS = {"^": "(?<=^ )", "$": r"\Z"}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LOOKALIKES = str.maketrans("!1034@$57", "iioeaasst")
_TOKEN = re.compile(r"[^\s.,;:?]+")
# Leading and trailing characters to read: danger may stand at either end of a very long message.
_EDGE = 4000
# Letters on either side of a phrase in which an "unless" word counts as nearby: about nine words.
_NEAR = 50
# Short forms are read as long ones, in messages and in the lists, so that a list needs to say a thing only once.
_LONG = dict(
    pair.split("=")
    for pair in """
im=i am|ive=i have|id=i would|ill=i will|hes=he is|shes=she is|theyre=they are|hell=he will|shell=she will|
theyll=they will|itll=it will|youre=you are|its=it is|thats=that is|whats=what is|theres=there is|isnt=is not|
arent=are not|wasnt=was not|werent=were not|dont=do not|doesnt=does not|didnt=did not|dnt=do not|dont=do not|
cant=can not|cannot=can not|cnt=can not|couldnt=could not|wont=will not|wouldnt=would not|shouldnt=should not|
hasnt=has not|havent=have not|hadnt=had not|aint=is not|wanna=want to|wana=want to|wnna=want to|gonna=going to|
gunna=going to|gona=going to|gna=going to|gotta=got to|imma=i am going to|ima=i am going to|tryna=trying to|
u=you|ur=your|r=are|n=and|w=with|idk=i do not know|rn=right now|tn=tonight|tonite=tonight|2nite=tonight|
2night=tonight|tonights=tonight is|tmrw=tomorrow|tmr=tomorrow|tomorow=tomorrow|tommorow=tomorrow|
tommorrow=tomorrow|noone=nobody|everybody=everyone|gunna=going to|wnat=want|whant=want|anymor=anymore|
todie=to die|youd=you would|theyd=they would|hed=he would|shed=she would|hasent=has not|havnt=have not
""".replace("\n", "").split("|")
)
_PAIRS = re.compile(r"(?<= )(?:no one|every one|any more|any longer|(?:my|him|her|them) sel(?:f|ves)|i m|\w+n t) ")
_PAIR = {"no one": "nobody", "every one": "everyone", "any more": "anymore", "any longer": "anymore"}


class PhraseError(ValueError):
    """A line of a word list that cannot be read; the text names file and line."""


class PhraseList:
    """Phrases that mean danger, and harmless ones that hold the same words.

    The language of the lists, one phrase a line:
    `kill|end` either word · `cut*` any ending · `(my|his)` may be missing · `better_off` words that belong together ·
    `..` up to two words between, `...` up to four · `^` and `$` start and end of the message · `a + b` only if b is
    also in the message · `a - b` not if b is nearby · `not: to die for` harmless, taken out first.
    Before phrases are looked for: `spell: kil|kll = kill` reads the left words as the right one, and `skip: just|so`
    reads over words. `@close = son|wife` names a group that later lines can use as `@close`.
    """

    def __init__(self, lines: Iterable[str], source: str = "list") -> None:
        self._groups: dict[str, str] = {}
        self._spelling: dict[str, str] = dict(_LONG)
        self._pairs: dict[str, str] = {}
        self._skipped: set[str] = set()
        self._stems: set[str] = set()
        self._harmless: list[list] = []
        self._dangers: list[list] = []
        for number, line in enumerate(lines, 1):
            phrase = line.split("#", 1)[0].strip().lower()
            try:
                if phrase:
                    self._read(phrase)
            except (ValueError, re.error) as error:
                raise PhraseError(f"{source}:{number}: {error}") from error
        self._lengths = {len(stem) - 1 for stem in self._stems}

    def matches(self, words: str) -> bool:
        """Whether a normalised message holds one of the phrases."""
        words = self._known(words)
        present = set(words.split())
        present |= {f"{word[:size]}*" for word in present for size in self._lengths} & self._stems
        for parts in self._harmless:
            if self._holds(parts, words, present):
                words = parts[0][1].sub("~ ", words)  # a sign that no phrase and no gap reads across
        return any(self._holds(parts, words, present) for parts in self._dangers)

    def _known(self, words: str) -> str:
        """Words between single spaces in their right spelling, without those to read over."""
        for pair, word in self._pairs.items():
            words = words.replace(pair, word)
        return f" {' '.join(self._spelling.get(w, w) for w in words.split() if w not in self._skipped)} "

    @staticmethod
    def _holds(parts: list, words: str, present: set[str]) -> bool:
        # Most phrases fall at the first look, which compares words only: this is what keeps the gate fast.
        for wanted, _, needs in parts:
            if wanted and any(need.isdisjoint(present) for need in needs):
                return False
        (_, phrase, _), *others = parts
        if not all(pattern.search(words) for wanted, pattern, _ in others if wanted):
            return False
        unless = [pattern for wanted, pattern, needs in others
                  if not wanted and not any(need.isdisjoint(present) for need in needs)]
        for match in phrase.finditer(words):
            # A word far off says nothing about this phrase, so a long message cannot talk itself out of a reply.
            start, end = words.rfind(" ", 0, max(1, match.start() - _NEAR)), words.find(" ", match.end() + _NEAR)
            near = words[max(0, start):end + 1 if end >= 0 else None]
            if not any(pattern.search(near) for pattern in unless):
                return True
        return False

    def _read(self, line: str) -> None:
        group = re.fullmatch(r"(@\w+) = (\S+)", line)
        if group:
            self._groups[group[1]] = "|".join(self._options(group[2]))
        elif line.startswith("skip:"):
            self._skipped.update(line[5:].strip().split("|"))
        elif line.startswith("spell:"):
            wrong, right = line[6:].split(" = ")
            for word in wrong.strip().split("|"):
                if "_" in word:
                    self._pairs[f" {word.replace('_', ' ')} "] = f" {right.strip()} "
                else:
                    self._spelling[word] = right.strip()
        else:
            harmless = line.startswith("not:")
            signs = re.split(r" ([+-]) ", line[4:] if harmless else line)
            parts = [self._part(part, sign == "+") for part, sign in zip(signs[::2], ["+", *signs[1::2]])]
            (self._harmless if harmless else self._dangers).append(parts)

    def _part(self, phrase: str, wanted: bool) -> tuple:
        """One phrase as: wanted or not, its regular expression over words between single spaces, the words it needs."""
        pattern, needs = "(?<= )", []  # the space before stays unread, so that two phrases may share it
        for piece in phrase.split():
            if piece in _GAPS:
                pattern += _GAPS[piece]
                continue
            optional = re.fullmatch(r"\((.+)\)", piece)
            words = self._options(optional[1] if optional else piece)
            if not words:  # read over
                continue
            choice = "|".join(_ENDS.get(word) or word.replace("*", r"\w*") + " " for word in words)
            pattern += f"(?:{choice}){'?' if optional else ''}"
            if not optional and _ENDS.keys().isdisjoint(words):
                needs.append({word.split()[0] for word in words})
                self._stems |= {word for word in needs[-1] if word.endswith("*")}
        if not needs:
            raise ValueError("a phrase needs a word that may not be missing")
        return wanted, re.compile(pattern), sorted(needs, key=len)

    def _options(self, piece: str) -> list[str]:
        """The words of `a|b_c|@group`, in their long and right spelling."""
        options: list[str] = []
        for word in piece.split("|"):
            if word.startswith("@"):
                if word not in self._groups:
                    raise ValueError(f"no group is called '{word}'")
                options += self._groups[word].split("|")
            elif word in _ENDS:
                options.append(word)
            elif not re.fullmatch(r"\w+\*?", word):
                raise ValueError(f"cannot read '{word}'")
            else:
                options.append(self._known(f" {word.replace('_', ' ')} ").strip())
        return list(dict.fromkeys(option for option in options if option))


def detect(text: str) -> str | None:
    """Say whether a message tells of danger.

    Returns: `crisis`, `medical_emergency` or None. A crisis wins, as its reply names 911 first as well.
    """
    if len(text) > 2 * _EDGE:
        text = f"{text[:_EDGE]} {text[-_EDGE:]}"
    readings = set(_readings(text))
    for danger, phrases in _lists().items():
        if any(phrases.matches(reading) for reading in readings):
            return danger
    return None


@lru_cache(maxsize=1)
def _lists() -> dict[str, PhraseList]:
    return {danger: read_list(PROJECT_DIR / "data" / "safety" / name) for danger, name in LISTS.items()}


def read_list(path: Path) -> PhraseList:
    """Read a word list, or say in which line it is wrong."""
    return PhraseList(path.read_text(encoding="utf-8").splitlines(), path.name)


def _readings(text: str) -> Iterable[str]:
    """The message as words between single spaces: as written, and with digits and signs read as letters."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text)).casefold()
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    folded = re.sub(r"['’‘`´]", "", folded)
    yield _words(folded, r"\1\1")
    yield _words(_TOKEN.sub(_letters, folded), r"\1")


def _letters(token: re.Match) -> str:
    """A word with its digits and signs read as letters ("k1ll", "$uicide"); a number stays a number."""
    word = token[0].rstrip("!")
    return word.translate(_LOOKALIKES) if any("a" <= char <= "z" for char in word) else word


def _words(text: str, repeated: str) -> str:
    spaced = re.sub(r"[\W_]+", " ", text)
    shortened = re.sub(r"([a-z])\1{2,}", repeated, spaced)  # "diiie" is "die"
    paired = _PAIRS.sub(lambda m: f"{_PAIR.get(m[0].strip(), m[0].replace(' ', ''))} ", f" {shortened.strip()} ")
    joined = re.sub(r"\b(?:[a-z] ){2,}[a-z]\b", lambda m: m[0].replace(" ", ""), paired)  # "k i l l" is "kill"
    return " " + " ".join(_LONG.get(word, word) for word in joined.split()) + " "

"""Word lists that people write, and the reading of messages by them; `data/safety/*.txt` are such lists.

They need no model, no database and no other service.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_GAPS = {"..": r"(?:\w+ ){0,2}?", "...": r"(?:\w+ ){0,4}?"}
_ENDS = {"^": "(?<=^ )", "$": r"\Z"}
_Part = tuple[bool, str, list[set[str]]]  # wanted or not, the phrase as a pattern, the words it needs
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LOOKALIKES = str.maketrans("!1034@$57", "iioeaasst")
# Cyrillic and Greek letters that look like Latin ones: words written with them pass a look, and other filters.
_HOMOGLYPHS = str.maketrans("аеіоорсухһкмтвнѕјԁɡԛѡιοανρτκηχυεѵẟı", "aeioopcyxhkmtbhsjdgqwioavptknxuevdi")
# Signs that say what a word says; others are read over.
_SIGNS = {
    "🔫": "gun",
    "💊": "pills",
    "🔪": "knife",
    "🗡": "knife",
    "⚰": "coffin",
    "🪦": "grave",
    "🩸": "blood",
    "💉": "needle",
    "☠": "die",
}
_SIGN = re.compile("|".join(_SIGNS))
# Letters on either side of a phrase in which an "unless" word counts as nearby: about nine words.
_NEAR = 50
# Short forms are read as long ones, in messages and in the lists, so that a list needs to say a thing only once.
_SHORT = """im=i am|ive=i have|id=i would|ill=i will|hes=he is|shes=she is|theyre=they are|hell=he will|shell=she will|
hed=he would|shed=she would|theyd=they would|theyll=they will|itll=it will|youre=you are|youd=you would|its=it is|
thats=that is|whats=what is|theres=there is|isnt=is not|aint=is not|arent=are not|wasnt=was not|werent=were not|
dont=do not|dnt=do not|doesnt=does not|didnt=did not|cant=can not|cnt=can not|cannot=can not|couldnt=could not|
wont=will not|wouldnt=would not|shouldnt=should not|hasnt=has not|havent=have not|hadnt=had not|wanna=want to|
wana=want to|wnna=want to|gonna=going to|gunna=going to|gona=going to|gna=going to|gotta=got to|
imma=i am going to|ima=i am going to|tryna=trying to|u=you|ur=your|r=are|n=and|w=with|idk=i do not know|rn=right now|
tn=tonight|tonights=tonight is|tmrw=tomorrow|noone=nobody|everybody=everyone"""
_LONG = dict(pair.split("=") for pair in _SHORT.replace("\n", "").split("|"))


_PHRASES = {"", "not", "maybe"}  # what a line that holds a phrase begins with


class PhraseError(ValueError):
    """A line of a word list that cannot be read; the text names file and line."""


class PhraseList:
    """Phrases that mean danger, and harmless ones that hold the same words.

    The language of the lists, one phrase a line:
    `kill|end` either word · `cut*` any ending · `(my|his)` may be missing · `better_off` words that belong together ·
    `..` up to two words between, `...` up to four · `^` and `$` start and end of the message · `a + b` only if b is
    also in the message · `a - b` not if b is nearby · `not: to die for` harmless, taken out first ·
    `maybe: ...` a phrase that is often harmless, so that others may be asked as well.
    Before phrases are looked for: `spell: kil|kll = kill` reads the left words as the right one, and `skip: just|so`
    reads over words. `@close = son|wife` names a group that later lines can use as `@close`. An indented line goes on
    with the line above it.
    """

    def __init__(self, lines: Iterable[str], source: str = "list") -> None:
        self._groups: dict[str, str] = {}
        self._spelling: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        self._skipped: set[str] = set()
        self._stems: set[str] = set()
        self._harmless: list[list[_Part]] = []
        self._dangers: list[list[_Part]] = []
        self._unsure: set[int] = set()  # which of them are often harmless
        text = "\n".join(line.split("#", 1)[0].rstrip().lower() for line in lines)
        for phrase in re.finditer(r"^\S.*(?:\n+[ \t]+.*)*", text, re.MULTILINE):
            try:
                self._read(" ".join(phrase[0].split()).replace(" |", "|"))
            except ValueError as error:
                raise PhraseError(f"{source}:{text.count(chr(10), 0, phrase.start()) + 1}: {error}") from error
        self._lengths = {len(stem) - 1 for stem in self._stems}
        self._dangers_by_word, self._harmless_by_word = _by_word(self._dangers), _by_word(self._harmless)

    def matches(self, words: str, surely: bool = False) -> bool:
        """Whether a normalised message holds one of the phrases; `surely`, one that is not often harmless."""
        words = self._known(words)
        present = self._present(words)
        for number in _candidates(self._harmless_by_word, present):
            parts = self._harmless[number]
            if self._holds(parts, words, present):
                words = _compiled(parts[0][1]).sub("~ ", words)  # a sign that no phrase and no gap reads across
        numbers = _candidates(self._dangers_by_word, present)
        counted = [number for number in numbers if not (surely and number in self._unsure)]
        return any(self._holds(self._dangers[number], words, present) for number in counted)

    def is_harmless(self, words: str) -> bool:
        """Whether a normalised message holds one of the harmless phrases."""
        words = self._known(words)
        present = self._present(words)
        numbers = _candidates(self._harmless_by_word, present)
        return any(self._holds(self._harmless[number], words, present) for number in numbers)

    def _present(self, words: str) -> set[str]:
        """The words of a message, and the beginnings by which a list knows some."""
        present = set(words.split())
        return present | ({f"{word[:size]}*" for word in present for size in self._lengths} & self._stems)

    def _known(self, words: str) -> str:
        for pair, word in self._pairs.items():
            words = words.replace(pair, word)
        return f" {' '.join(self._spelling.get(w, w) for w in words.split() if w not in self._skipped)} "

    @staticmethod
    def _holds(parts: list[_Part], words: str, present: set[str]) -> bool:
        # Most phrases fall at this first look, which compares words only: it is what keeps the gate fast.
        if any(need.isdisjoint(present) for wanted, _, needs in parts if wanted for need in needs):
            return False
        (_, phrase, _), *others = parts
        if not all(_compiled(pattern).search(words) for wanted, pattern, _ in others if wanted):
            return False
        unless = [_compiled(pattern) for wanted, pattern, _ in others if not wanted]
        # A word far off says nothing about this phrase: a long message must not talk itself out of an answer.
        spans = ((max(0, match.start() - _NEAR), match.end() + _NEAR) for match in _compiled(phrase).finditer(words))
        return any(not any(pattern.search(words, *span) for pattern in unless) for span in spans)

    def _read(self, line: str) -> None:
        group = re.fullmatch(r"(@\w+) = (\S+)", line)
        if group:
            self._groups[group[1]] = "|".join(self._options(group[2]))
        elif line.startswith("skip:"):
            self._skipped.update(line[5:].strip().split("|"))
        elif line.startswith("spell:"):
            wrong, right = line[6:].split(" = ")
            if not re.fullmatch(r"\w+(?: \w+)*", right.strip()):
                raise ValueError(f"cannot read '{right.strip()}'")
            for word in wrong.strip().split("|"):
                if "_" in word:
                    self._pairs[f" {word.replace('_', ' ')} "] = f" {right.strip()} "
                else:
                    self._spelling[word] = right.strip()
        else:
            kind, _, phrase = line.rpartition(": ")
            if kind not in _PHRASES:
                raise ValueError(f"no line begins with '{kind}:'")
            signs = re.split(r" ([+-]) ", phrase)
            parts = [self._part(part, sign == "+") for part, sign in zip(signs[::2], ["+", *signs[1::2]])]
            if kind == "maybe":
                self._unsure.add(len(self._dangers))
            (self._harmless if kind == "not" else self._dangers).append(parts)

    def _part(self, phrase: str, wanted: bool) -> _Part:
        """One phrase as: wanted or not, its regular expression over words between single spaces, the words it needs."""
        needs: list[set[str]] = []
        pattern = "(?<= )"  # the space before stays unread, so that two phrases may share it
        for piece in phrase.split():
            optional = re.fullmatch(r"\((.+)\)", piece)
            words = [] if piece in _GAPS else self._options(optional[1] if optional else piece)
            if not words:  # a gap, or words that are read over
                pattern += _GAPS.get(piece, "")
                continue
            choice = "|".join(_ENDS.get(word) or word.replace("*", r"\w*") + " " for word in words)
            pattern += f"(?:{choice}){'?' if optional else ''}"
            if not optional and _ENDS.keys().isdisjoint(words):
                needs.append({word.split()[0] for word in words})
                self._stems |= {word for word in needs[-1] if word.endswith("*")}
        if not needs:
            raise ValueError("a phrase needs a word that may not be missing")
        return wanted, pattern, sorted(needs, key=len)

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
                options.append(self._known(f" {_long(word.replace('_', ' '))} ").strip())
        return list(dict.fromkeys(option for option in options if option))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Not before it is needed: all of them take a second of each start."""
    return re.compile(pattern)


def _by_word(phrases: list[list[_Part]]) -> dict[str, list[int]]:
    """Which phrases a word may belong to: each is found by the words of its rarest place."""
    found: dict[str, list[int]] = {}
    for number, parts in enumerate(phrases):
        for word in min((need for wanted, _, needs in parts if wanted for need in needs), key=len):
            found.setdefault(word, []).append(number)
    return found


def _candidates(by_word: dict[str, list[int]], present: set[str]) -> list[int]:
    return sorted({number for word in present if word in by_word for number in by_word[word]})


def read_list(path: Path) -> PhraseList:
    """Read a word list, or say in which line it is wrong."""
    return PhraseList(path.read_text(encoding="utf-8").splitlines(), path.name)


def unmasked(text: str) -> str:
    """A text without invisible signs, and with the letters of other scripts that look like Latin ones as these."""
    visible = _INVISIBLE.sub("", text)
    if visible.isascii() or not re.search("[A-Za-z]", visible):
        return visible
    return visible.translate(_HOMOGLYPHS)


def readings(text: str) -> Iterator[str]:
    """The message as words between single spaces: as written, and with digits and signs read as letters."""
    signed = _SIGN.sub(lambda match: f" {_SIGNS[match[0]]} ", _INVISIBLE.sub("", text))
    folded = _folded(signed).translate(_HOMOGLYPHS)
    yield _words(folded, r"\1\1")
    letters = (
        word.rstrip("!.,;:?").translate(_LOOKALIKES) if re.search("[a-z]", word) else word for word in folded.split()
    )
    yield _words(" ".join(letters), r"\1")


def unjoined(text: str) -> str:
    """The message as words between single spaces, with nothing read through: neither signs nor spelled-out words."""
    spaced = re.sub(r"[\W_]+", " ", _folded(text))
    return f" {_long(spaced)} "


def _folded(text: str) -> str:
    """A text without capitals, accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char not in "'’‘`´" and not unicodedata.combining(char))


def _words(text: str, repeated: str) -> str:
    spaced = re.sub(r"[\W_]+", " ", text)
    shortened = re.sub(r"([a-z])\1{2,}", repeated, spaced)  # "diiie" is "die"
    paired = re.sub(r"\b(?:(i) (m)|(\w+n) (t))\b", r"\1\2\3\4", shortened)  # "don t" is "dont"
    joined = re.sub(r"\b(?:[a-z] ){2,}[a-z]\b", lambda m: m[0].replace(" ", ""), paired)  # "k i l l" is "kill"
    return f" {_long(joined)} "


def _long(words: str) -> str:
    return " ".join(_LONG.get(word, word) for word in words.split())

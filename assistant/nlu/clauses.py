"""Where one question ends and the next begins, by spaCy's sentences and clauses and by the words that open one."""

from __future__ import annotations

import re

from spacy.tokens import Doc, Token

from assistant.nlu.tokens import spacy_model

MOST_PARTS = 6
_FEWEST_TO_PARSE = 10  # words; two clauses in fewer are told apart by the words that open them
_MOST_TOKENS = 90  # parsed; the parser's time grows with the length
_SHORTEST = 2  # characters of a part

_OPENERS = (
    r"how(?: (?:much|long|many|often|fast|soon|quick(?:ly)?|do(?:es)?|is|are|would|will|can|about))?|hows|"
    r"what(?: (?:is|are|do(?:es)?|about|if|happens|kind|should|would|will|can))?|whats|whens?|wheres?|whos?|why|which|"
    r"(?:do|does|did|is|are|am|was|can|could|will|would|should|may|has|have)"
    r" (?:i|you|u|it|they|we|there|this|that|the|my|ur|your|he|she|ketamine|anyone|someone|insurance|people|patients)|"
    r"(?:i'?m|i am)(?: also| just)? (?:curious|wondering)|i(?: also| just)? (?:wonder|want to know|wish to know)|"
    r"i'?d(?: also)? like to know|tell me"
)
_JOINT = r"(?:,|;|&|\band\b|\balso\b|\bplus\b|\bbut\b|\bthen\b|\bor\b|\bn\b)"
# "…, and how long", "… also do you": a joint before words that open a question.
_JOINED = re.compile(
    rf"\s*{_JOINT}[\s,]*(?:(?:and|also|then|plus|so|but)\s+){{0,3}}(?=(?:{_OPENERS})\b)|,?\s*\band\s+(?=(?:if|whether)\b)",
    re.I,
)
# "what does it cost do you take insurance": no joint at all, only a question opening after another one.
_RUN_ON = re.compile(
    r"(?<=\w)\s+(?=(?:how (?:much|long|many|often|fast|soon)|what (?:is|are|does|about|happens)|whats|"
    r"(?:do|does|is|are|can|will|should) (?:i|you|u|it|they|there))\b)",
    re.I,
)
# "how long after it can I drive": what opens is the rest of a question whose verb is still to come.
_VERBS = (
    r"(?:whats|hows|wheres|whos|whens|is|are|am|was|were|do|does|did|can|could|will|would|should|may|has|have|"
    r"happens|happened|works|helps|costs|takes|lasts|goes|comes|makes|means|hurts|feels)"
)
_NO_VERB = re.compile(rf"^\W*(?:\w+\W+){{0,2}}(?:how|when|what|which|where)\b(?!.*(?:'s|\b{_VERBS})\b)", re.I)
_ENDS = re.compile(r"(?<=[.?!;\n])\s+|\s*\n+\s*|(?<=[?!])(?=\w)|\s+[-–•]\s+|(?:^|\s)\(?\d[.)]\s+")
_LEAD = (
    r"(?:and|so|but|also|plus|then|ok|hi|hello|hey|please|or|now|first|last(?:ly)?|next|"
    r"one (?:more|last)(?: thing| question)?)"
)
_OPENING = re.compile(rf"^\W*(?:{_LEAD}\W+)*(?:{_OPENERS})\b", re.I)
# "I wish to know where …", "wondering if …": asked, though it has the form of a statement.
_INDIRECT = re.compile(
    r"\b(?:know|wonder(?:ing)?|tell me|curious|explain|ask(?:ing)?|find out|question)\b.*"
    r"\b(?:how|what|where|when|who|why|which|if|whether)\b",
    re.I,
)
# "She has OCD. Would it help with that?": such a question names nothing itself, it is about the statement before it.
_ABOUT_BEFORE = re.compile(
    r"\b(?:help|work|treat|good|anything|use)\b(?:\W+\w+){0,3}?\W+(?:it|that|this|them|those|me|her|him|us)\W*$"
    r"|\b(?:it|that|this)(?:\W+\w+){0,2}\W+(?:help|work)\W*$",
    re.I,
)
_STATEMENT = range(3, 26)  # words; a shorter one says nothing, a longer one would drown the question
_SEVERAL = re.compile(rf"[.?!;\n]\s*\w|{_JOINT}", re.I)
_SHORT = 8  # words; so few hold two questions only with a sign between them
_REPEATED = re.compile(r"([?!.,;])(?:\s*\1)+")
_HAS_WORD = re.compile(r"\w{2}")


def cut(text: str) -> list[str]:
    """Cut a message into the parts that may each be a question; [] if it is one piece."""
    text = _REPEATED.sub(r"\1", text)
    if len(text.split()) < _SHORT and not _SEVERAL.search(text):
        return []
    parts = [part for sentence in _sentences(text) for part in _clauses(sentence)]
    parts = [part for part in dict.fromkeys(parts) if len(part) > _SHORTEST and _HAS_WORD.search(part)]
    parts = _with_what_they_are_about(parts)
    return parts[:MOST_PARTS] if len(parts) > 1 else []


def is_asked(text: str) -> bool:
    """Whether a part has the form of a question."""
    return text.rstrip().endswith("?") or any(form.search(text) for form in (_OPENING, _INDIRECT))


def _with_what_they_are_about(parts: list[str]) -> list[str]:
    """Put a statement and the question about it together."""
    joined: list[str] = []
    for part in parts:
        before = joined[-1] if joined else "?"
        if is_asked(part) and not is_asked(before) and len(before.split()) in _STATEMENT:
            if _ABOUT_BEFORE.search(part):
                joined[-1] = f"{before.rstrip('.,;')}, {part}"
                continue
        joined.append(part)
    return joined


def _sentences(text: str) -> list[str]:
    pieces = [piece.strip() for piece in _ENDS.split(text) if piece and piece.strip()]
    return pieces[: 2 * MOST_PARTS]


def _clauses(sentence: str) -> list[str]:
    pieces = [piece for joined in _JOINED.split(sentence) for piece in _run_on(joined)]
    return [clause for piece in pieces for clause in _parsed_clauses(piece.strip(" ,;"))]


def _run_on(text: str) -> list[str]:
    """Cut where a question opens inside one that has opened already; "do you know how much" stays whole."""
    if not _OPENING.search(text):
        return [text]
    pieces = _RUN_ON.split(text)
    whole = [pieces[0]]
    for piece in pieces[1:]:
        if len(whole[-1].split()) > 2 and not _NO_VERB.search(whole[-1]):
            whole.append(piece)
        else:
            whole[-1] += f" {piece}"
    return whole


def _parsed_clauses(text: str) -> list[str]:
    """Cut at a coordinated clause that has a subject of its own, and where spaCy sees a new sentence."""
    if len(text.split()) < _FEWEST_TO_PARSE:
        return [text]
    doc = spacy_model()(" ".join(text.split()[:_MOST_TOKENS]))
    cuts = sorted({token.i for token in doc if token.is_sent_start} | {_start(t) for t in doc if _is_clause(t)} - {0})
    return [part for start, end in zip([0, *cuts], [*cuts, len(doc)]) if (part := _text(doc, start, end))]


def _is_clause(token: Token) -> bool:
    has_subject = any(child.dep_ in {"nsubj", "nsubjpass", "expl"} for child in token.children)
    return token.dep_ == "conj" and has_subject


def _start(token: Token) -> int:
    return int(token.left_edge.i)


def _text(doc: Doc, start: int, end: int) -> str:
    words = doc[start:end]
    while len(words) and (words[-1].dep_ == "cc" or words[-1].is_punct and words[-1].text not in "?!."):
        words = words[:-1]
    return str(words.text).strip()

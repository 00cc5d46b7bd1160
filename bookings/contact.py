"""Reads the phone number and the e-mail address in what a visitor typed."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    shortnumberinfo,
)
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

_LONGEST = 2_000  # characters that are looked at
_LEAST_DIGITS = 5  # fewer are a price or an age, unless they are all that was typed
_MOST_DIGITS = 15  # of an international number (E.164)

_EMAIL_LIKE = re.compile(r"[^\s@]+@[^\s@]+")
_DATE_LIKE = re.compile(r"(?<![\d-])\d{4}-\d{1,2}-\d{1,2}(?![\d-])|(?<!\d)\d{1,2}[-.]\d{1,2}[-.]\d{4}(?!\d)")
_DIGITS = re.compile(r"(?<![\w/:$.,+])\+?\(?\d(?:[ ().\-]{0,3}\d)*(?![\w/:])")
_LETTERED = re.compile(r"(?<!\w)(?:\+?1[-. ])?\(?\d{3}\)?[-. ](?=[A-Za-z0-9-]*[A-Za-z])[A-Z0-9-]{7,9}(?!\w)")
_FICTIONAL = re.compile(r"\d{3}55501\d\d")  # kept free in North America for films and examples


class Reason(str, enum.Enum):
    """Why something that looks like a phone number or an e-mail address cannot be one."""

    SHORT_NUMBER = "short_number"  # 911, 988 and the like
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    LETTERS = "letters"
    NOT_VALID = "not_valid"
    FICTIONAL = "fictional"
    PREMIUM_RATE = "premium_rate"
    NO_DOMAIN = "no_domain"  # a@b
    SPACES = "spaces"  # "maria lopez at gmail dot com": which words belong to it?


@dataclass(frozen=True)
class Found:
    """A way to reach the visitor. Its fields stay out of `repr`, and so out of logs."""

    value: str = field(repr=False)  # E.164, or the address
    shown: str = field(repr=False)  # as the visitor's country writes it
    words: str = field(repr=False)  # what was typed
    suggestion: str | None = field(default=None, repr=False)  # what may have been meant: gmail.com for gmial.com


@dataclass(frozen=True)
class Refused:
    """Something that was meant as a contact but cannot be used."""

    reason: Reason
    words: str = field(repr=False)


@dataclass(frozen=True)
class Contacts:
    """Both ways to reach the visitor, each as far as it was typed."""

    phone: Found | Refused | None
    email: Found | Refused | None


def find_contacts(text: str, country: str = "US", allow_fictional: bool = False) -> Contacts:
    """Find the phone number and the e-mail address in a visitor's message."""
    email = find_email(text)
    rest = text.replace(email.words, " ") if email else text
    return Contacts(phone=find_phone(rest, country, allow_fictional), email=email)


def find_phone(text: str, country: str = "US", allow_fictional: bool = False) -> Found | Refused | None:
    """Find the first usable phone number in a visitor's message.

    Args:
        text: what was typed; digits that belong to an e-mail address or a date are left alone.
        country: two letters, for numbers without a country code.
        allow_fictional: accept 555-01xx, for tests and demonstrations.

    Returns: the number; or why the only candidate is none (ignore that where no phone number was asked for); or None.
    """
    text = _blank(_DATE_LIKE, _blank(_EMAIL_LIKE, text[:_LONGEST]))
    refused = None
    # The matcher, not `parse`: that one turns letters into digits.
    for match in phonenumbers.PhoneNumberMatcher(text, country, leniency=Leniency.POSSIBLE):
        reason = _objection(match.number, allow_fictional)
        if reason is None:
            return Found(
                value=phonenumbers.format_number(match.number, PhoneNumberFormat.E164),
                shown=_shown(match.number, country),
                words=match.raw_string,
            )
        refused = refused or Refused(reason, match.raw_string)
    return refused or _almost_phone(text, country)


def find_email(text: str) -> Found | Refused | None:
    """Find the e-mail address in a visitor's message, also a spelled-out one ("maria at gmail dot com").

    No name server is asked. Returns: the address; or why the only candidate is none; or None.
    """
    refused = None
    for words, address in _email_candidates(text[:_LONGEST]):
        if address is None:
            refused = refused or Refused(Reason.SPACES, words)
            continue
        try:
            checked = validate_email(address, check_deliverability=False)
        except EmailNotValidError:
            no_domain = "." not in address.rpartition("@")[2]
            refused = refused or Refused(Reason.NO_DOMAIN if no_domain else Reason.NOT_VALID, words)
            continue
        if len(checked.domain.rpartition(".")[2]) < 2:  # no top-level domain has one letter
            refused = refused or Refused(Reason.NOT_VALID, words)
            continue
        return Found(checked.normalized, checked.normalized, words, _suggestion(checked.local_part, checked.domain))
    return refused


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " ; ", text)


def _shown(number: PhoneNumber, country: str) -> str:
    at_home = number.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(
        number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    )


def _objection(number: PhoneNumber, allow_fictional: bool) -> Reason | None:
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 1 and _FICTIONAL.fullmatch(national):
        return None if allow_fictional else Reason.FICTIONAL
    if phonenumbers.number_type(number) == PhoneNumberType.PREMIUM_RATE:
        return Reason.PREMIUM_RATE
    return None if phonenumbers.is_valid_number(number) else _length_objection(number)


def _almost_phone(text: str, country: str) -> Refused | None:
    """What was meant as a phone number although the matcher saw none."""
    lettered = _LETTERED.search(text)
    if lettered:
        return Refused(Reason.LETTERS, lettered[0])
    for run in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", run[0])
        alone = run[0].strip(" .") == text.strip(" .!")
        if _is_short_number(digits, country):
            return Refused(Reason.SHORT_NUMBER, run[0])
        if len(digits) >= _LEAST_DIGITS or (alone and len(digits) > 2):
            return Refused(_digits_objection(run[0], digits, country), run[0])
    return None


def _is_short_number(digits: str, country: str) -> bool:
    if len(digits) != 3:
        return False
    number = PhoneNumber(country_code=phonenumbers.country_code_for_region(country), national_number=int(digits))
    return shortnumberinfo.connects_to_emergency_number(digits, country) or shortnumberinfo.is_valid_short_number(
        number
    )


def _length_objection(number: PhoneNumber) -> Reason:
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.TOO_LONG:
        return Reason.TOO_LONG
    short = (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)  # the second: no area code
    return Reason.TOO_SHORT if possible in short else Reason.NOT_VALID


def _digits_objection(run: str, digits: str, country: str) -> Reason:
    if len(digits) > _MOST_DIGITS:
        return Reason.TOO_LONG
    try:
        # Only digits reach `parse` here, so it has no letters to turn into others.
        return _length_objection(phonenumbers.parse("+" + digits if run.startswith("+") else digits, country))
    except NumberParseException:
        return Reason.NOT_VALID


# --- e-mail ---

_NOT_IN_ADDRESS = r"\s<>()\[\],;:\"@"
_LOCAL, _DOMAIN = rf"[^{_NOT_IN_ADDRESS}]{{1,128}}", rf"[^{_NOT_IN_ADDRESS}]{{1,400}}"
_TYPED = re.compile(rf"{_LOCAL}@{_DOMAIN}|{_LOCAL} ?@ ?{_DOMAIN}\.[^\W\d]{{2,}}")  # "Thursday @ 2" is none
_DOT = r"\s{0,3}(?:\(dot\)|\[dot\]|\bdot\b)\s{0,3}"
_AT = r"\s{0,3}(?:\(at\)|\[at\]|\bat\b|@)\s{0,3}"
_PIECE = r"[\w+-]{1,64}"
_SPOKEN = re.compile(
    rf"(?<!\S)(?P<local>{_PIECE}(?:(?:\.|{_DOT}| underscore ){_PIECE}){{0,4}}){_AT}"
    rf"(?P<domain>{_PIECE}(?:(?:\.|{_DOT}){_PIECE}){{1,4}})",
    re.IGNORECASE,
)
_BEFORE_AN_ADDRESS = frozenset(
    "is are it its it's that's email e-mail mail address me to use at or and via on by contact reach try write".split()
)
_PROVIDERS = (
    "gmail.com yahoo.com hotmail.com outlook.com icloud.com comcast.net protonmail.com sbcglobal.net verizon.net"
).split()
_NO_SLIPS = frozenset("ymail mail email gmx live aol msn me mac proton pm fastmail hey zoho".split())
_ENDING_SLIPS = frozenset("con cmo om co cm comm vom xom ocm coom cpm nte ner et".split())


def _email_candidates(text: str) -> list[tuple[str, str | None]]:
    """What was typed and the address it stands for; None where that cannot be told."""
    typed: list[tuple[str, str | None]] = [(match[0], _tidy(match[0])) for match in _TYPED.finditer(text)]
    return typed or [(match[0], _spelled_out(text, match)) for match in _SPOKEN.finditer(text) if _is_spoken(match[0])]


def _tidy(words: str) -> str:
    return words.replace(" ", "").strip(".,!?'’“”*").removeprefix("mailto")


def _is_spoken(words: str) -> bool:
    """Whether a dot or an "at" sign was spelled: "see you at work.thanks" is no address."""
    known = any(provider in words.lower() for provider in _PROVIDERS)
    return known or re.search(r"\bdot\b|[(\[]at[)\]]", words, re.IGNORECASE) is not None


def _spelled_out(text: str, match: re.Match[str]) -> str | None:
    before = re.findall(r"[^\s:;,.!]+[:;,.!]?", text[: match.start()][-60:])
    if before and before[-1][-1] not in ":;,.!" and before[-1].lower() not in _BEFORE_AN_ADDRESS:
        return None  # "maria lopez at gmail dot com" may be marialopez@, maria.lopez@ or lopez@
    local = re.sub(r"\s*underscore\s*", "_", _join_dots(match["local"]), flags=re.IGNORECASE)
    return f"{local}@{_join_dots(match['domain'])}"


def _join_dots(words: str) -> str:
    return re.sub(_DOT, ".", words, flags=re.IGNORECASE)


def _suggestion(local: str, domain: str) -> str | None:
    """The address at the big provider whose name was probably mistyped; only ever offered, never put in."""
    label, _, ending = domain.lower().partition(".")
    if domain.lower() in _PROVIDERS or label in _NO_SLIPS:
        return None
    distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
    for provider in _PROVIDERS:
        name, _, right_ending = provider.partition(".")
        if ending != right_ending and ending not in _ENDING_SLIPS:
            continue
        if distance.compare(label, name, 2 if len(name) >= 8 else 1) >= 0:
            return f"{local}@{provider}"
    return None

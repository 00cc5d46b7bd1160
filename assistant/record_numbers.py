"""Finds the numbers by which offices know somebody: of records, members, policies, claims, licences, and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

_I = re.IGNORECASE
# With any letters and separators, but digits in it.
_CODE = (
    r"(?=#?(?:[a-z -]{0,8}\d){3})#?(?:(?-i:[A-Z]{1,6})[- ]?|[a-z]{1,6}-?)?"
    r"\d[a-z\d-]{0,20}(?: \d[a-z\d-]{0,8}| [a-z]{1,3}\d[a-z\d-]{0,8}){0,9}"
)
_MIXED = r"(?=[a-z\d-]{4})(?=(?:[a-z-]{0,12}\d){2})(?=[\d-]{0,20}[a-z])[a-z\d]{1,12}(?:-[a-z\d]{1,12}){0,4}"
_UNIT = (
    r"(?! ?(?:%|mg|mcg|ml|dollars|bucks|usd|am\b|pm\b|minutes|hours?\b|days?\b|weeks?\b|months?\b|years?\b|sessions?))"
)
_CUE = (
    r"(?:mrn|medical record|record|chart|member(?:ship)?|subscriber|policy|group|grp|patient|insurance|account|acct|"
    r"claim|case|plan|medicaid|medicare|medi-?cal|p[óo]liza|expediente|afiliad[oa]|miembro|seguro|file|"
    r"ref(?:erence|erral)?|auth(?:orization)?|prior auth|rx|prescription|id|confirmation|licen[sc]e|licencia|passport|"
    r"pasaporte|invoice|factura|receipt|order|ticket|booking|certificate|permit|employee|badge|enrollment|folio|"
    r"green card|alien|tax id|ein|itin|student|tracking|loan|bin|rxgrp|rxbin|rxpcn|uid|hicn|mbi|"
    r"contract|contrato|cuenta|recibo|identificaci[óo]n|dl|pcn|visa number|vin|plate|npi|dea|curp|dni|matr[íi]cula|"
    r"aetna|cigna|humana|bcbs|blue ?(?:cross|shield)|uhc|united ?healthcare|kaiser|anthem|tricare|molina|oscar|"
    r"wellcare|ambetter|centene)"
)
_MARKS = r"[ :#=,/()\"'-]{0,6}"
_FILLER = (
    rf"{_MARKS}(?:"
    r"(?:numbers?|n[úu]ms?|no|starts|begins|shows|reads|front|back|they|gave|me|que|nbr|nr|id|card|code|n[úu]mero|de|is|es|my|mi|the|and|on|says|policy|member|group|of|"
    r"file|it'?s|with|ends? (?:in|with)|ending (?:in|with)|was|for|as|s|d|y|del|paciente|seguro|salud)\b\.?"
    rf"{_MARKS}){{0,8}}"
)
_CUED = re.compile(rf"\b{_CUE}\b{_FILLER}({_CODE}|{_MIXED})(?!\w|[.,:]\d|/\d){_UNIT}", _I)
_FAR = re.compile(
    rf"\b(?:number|n[úu]mero|mrn|member|policy|claim|account|acct|chart|record|licen[sc]e|insurance|card|id)\b"
    rf"[^\d\n.?!$]{{0,40}}?(?<![\w$.,:/-])((?=(?:[a-z -]{{0,6}}\d){{5}}){_CODE})(?!\w|[.,:]\d|/\d){_UNIT}",
    _I,
)
_OWN = re.compile(
    rf"(?:\b(?:my|his|her|their|mi|su) (?:[\w'-]{{1,14}} ){{0,2}}(?<!room )(?<!suite )(?:number|no\.?|#|id|code)|"
    rf"\bn[úu]mero de \w+)"
    rf"(?: (?:is|es|was|on file|ends in))?[ :#=-]{{1,4}}({_CODE}|{_MIXED})(?!\w|[.,:]\d|/\d){_UNIT}"
    r"|(?<![\w#&])# ?(\d[\d-]{3,16})(?![\w%])",
    _I,
)
_BEFORE = re.compile(
    rf"(?<![\w$.,:/-])({_CODE}|{_MIXED}) ?(?:,|\(|=|is|was|es|-)? ?(?:(?:my|mi|the|his|her|your|our|is|an?) ){{0,2}}"
    r"(?:[\w'-]{1,12} )?(?:mrn|(?:member|policy|claim|account|chart|record|license|group|patient|case|reference|"
    r"invoice|"
    r"confirmation|medicaid|medicare|insurance|subscriber|authorization) (?:id|number|no|#|num))\b",
    _I,
)
# What insurers print on their cards: capitals and many digits, in groups of any length.
_PUBLIC = r"(?!NCT|CPT|ICD|RFC|ISO|COVID|HCPCS|NDC|PMID|DOI|HTTP|IOS)"
_CARD_ID = re.compile(rf"\b{_PUBLIC}[A-Z]{{1,4}}(?=(?:[ -]?\d){{7}})\d{{0,4}}(?:[ -]?\d{{1,6}}){{1,5}}(?:-\d\d)?\b")
_PRINTED = re.compile(
    rf"(?<![\w$.,-]){_PUBLIC}(?=[A-Z\d-]{{6,40}}(?![\w-]))(?=[\d-]{{0,30}}[A-Z])(?=(?:[A-Z-]{{0,12}}\d){{5}})"
    r"[A-Z\d]{1,20}(?:-[A-Z\d]{1,20}){0,5}(?![\w-])"
)
_TYPED = re.compile(
    r"\b(?!nct|covid)[a-z]{1,4}-?\d{6,12}\b|\b\d[a-z][a-z\d]\d[ -]?[a-z][a-z\d]\d[ -]?[a-z]{2}\d\d\b", _I
)
_LONG = re.compile(r"(?<![\w$.,:/+-])\d{7,12}(?![\w%]|[.,]\d| (?:dollars|usd|people|mg|mcg|units|iu|steps))", _I)
# Nine digits or more in groups, whatever stands between them.
_GROUPS = re.compile(r"(?<![\w$.,:+/-])\d{1,8}(?:[ ()_*/\\–.-]{1,3}\d{1,8}){1,7}(?![\w%]|[.,:/]\d)")
_YEARS = re.compile(r"(?:(?:19|20)\d\d\D{1,3})*(?:19|20)\d\d")
_LEAST, _MOST = 9, 24  # digits of such groups


def find_records(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers stand that something says to be somebody's, or that look printed: start and end of each."""
    for pattern in (_CUED, _FAR, _OWN, _BEFORE, _CARD_ID, _PRINTED, _TYPED):
        yield from (match.span(match.lastindex or 0) for match in pattern.finditer(text))


def find_long_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers stand that are so long that they are somebody's."""
    yield from (match.span() for match in _LONG.finditer(text))
    for match in _GROUPS.finditer(text):
        if _LEAST <= sum(map(str.isdigit, match[0])) <= _MOST and not _YEARS.fullmatch(match[0]):
            yield match.span()

"""Whoever is sent somewhere for help is sent to a number or address of the one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from knowledge.facts import PROJECT_DIR
from knowledge.reviews import read_helplines

# Whatever shows text to visitors or staff.
SHOWN = ["domain.yml", "widget/src/**/*.ts", "widget/src/**/*.css", "console/templates/*.html"]
SHOWN += ["bookings/notifications/email.py", "bookings/pages/*", "assistant/channels/answering.py"]
# To call, to write to, or to open; an own number of the clinic stands in `clinic.yml` alone.
NUMBER = re.compile(r"(?<![\w.:#,-])(?:\d{3}|\d{5,6}|1?[ -]?\(?8\d\d\)?[ -]\d{3}[ -]\d{4})(?![\w:]|[.,-]\d)")
CALLED = re.compile(r"\b(?:call|dial|text|tel:|sms:|llame al|envíe \w+ al|marque)\s?(\+?[\d(][\d() -]*\d)", re.I)
ADDRESS = re.compile(r"(?<![@\w.])(?:https?://)?((?:[a-z0-9-]+\.)+(?:org|com|gov|net|info))\b", re.I)
EXAMPLE = "(415) 555-0134"  # of how a visitor may write their own number
NOT_FOR_HELP = {"www.w3.org", "www.example.com", "example.com", "gmail.com"}  # names of formats, and examples


def shown() -> Iterator[Path]:
    for pattern in SHOWN:
        yield from PROJECT_DIR.glob(pattern)


def named(text: str) -> set[str]:
    found = {re.sub(r"\D", "", number) for number in CALLED.findall(text)}
    return found | {address.lower() for address in ADDRESS.findall(text)}


def test_every_number_to_call_and_every_address_is_of_the_table() -> None:
    known = {line.shown for line in read_helplines()}
    assert {"911", "988", "988lifeline.org"} <= known
    unknown = {path.name: named(path.read_text(encoding="utf-8")) - known - NOT_FOR_HELP for path in shown()}
    assert {name: found for name, found in unknown.items() if found} == {}


def test_every_number_of_three_five_or_six_digits_in_an_answer_is_of_the_table() -> None:
    known = {line.shown for line in read_helplines()}
    texts = re.findall(r"text: \"(.*?)\"\n", (PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))
    assert len(texts) > 100
    assert {number for text in texts for number in NUMBER.findall(text.replace(EXAMPLE, ""))} <= known


def test_the_table_is_read_as_it_is_meant() -> None:
    assert named("call 1-800-273-8255 or text HOME to 741741, see suicidepreventionlifeline.org") >= {
        "18002738255",
        "suicidepreventionlifeline.org",
    }
    assert NUMBER.findall("text HOME to 741741 or 911, at 10:30, in 1970") == ["741741", "911"]

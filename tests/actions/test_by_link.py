"""Which channels book by link is the clinic's to say, and the answers there promise no questions in the chat."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.answers import ClinicAnswers
from assistant.clinic import Clinic, ClinicError

from ..conftest import PROJECT_DIR

PAGE = "https://assistant.clinic.test/book/" + "x" * 130  # about as long as a real one
LONGEST = 300


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(PROJECT_DIR / "domain.yml")


async def said(domain: Domain, answer: str, channel: str, clinic: Clinic | None = None) -> str:
    tracker = DialogueStateTracker(f"{channel}:ab12", domain.slots)
    answers = ClinicAnswers(None, domain, clinic or Clinic())
    reply = await answers.generate(answer, tracker, channel, booking_page=PAGE)
    assert reply is not None
    return str(reply["text"])


def write(folder: Path, text: str) -> Path:
    path = folder / "clinic.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_entry_is_what_its_comment_names() -> None:
    assert Clinic.load().booking_by_link == ("messenger", "telegram", "slack")
    assert "[messenger, telegram, slack]" in (PROJECT_DIR / "clinic.yml").read_text(encoding="utf-8")


def test_the_clinic_names_other_channels(tmp_path: Path) -> None:
    clinic = Clinic.load(write(tmp_path, "booking_by_link: [webchat, sms]"))
    assert clinic.booking_by_link == ("webchat", "sms")


@pytest.mark.parametrize("entry", ["telegram", "[telegram, carrier pigeon]", "[[telegram]]", "{telegram: yes}"])
def test_what_names_no_channels_is_refused(tmp_path: Path, entry: str) -> None:
    with pytest.raises(ClinicError, match="clinic.yml: booking_by_link: a list of channels, of webchat, sms"):
        Clinic.load(write(tmp_path, f"booking_by_link: {entry}"))


@pytest.mark.parametrize(
    ("conversation", "by_link"),
    [("telegram:ab12", True), ("webchat:ab12", False), ("telegram", False), ("telegrams:ab12", False), ("", False)],
)
def test_a_channel_is_what_stands_before_the_colon(conversation: str, by_link: bool) -> None:
    assert Clinic().books_by_link(conversation) is by_link


@pytest.mark.parametrize("answer", ["utter_book_consultation", "utter_talk_to_human", "utter_change_booking"])
async def test_nothing_is_offered_to_be_taken_down_there(domain: Domain, answer: str) -> None:
    there, elsewhere = [await said(domain, answer, channel) for channel in ("telegram", "webchat")]
    assert there != elsewhere
    assert "take down" not in there and "reference" not in there
    assert await said(domain, answer, "telegram", Clinic(booking_by_link=("sms",))) == elsewhere


@pytest.mark.parametrize("phone", ["", "(415) 555-0134"], ids=["no phone", "phone"])
@pytest.mark.parametrize("outcome", ["by_link", "not_here"])
@pytest.mark.parametrize("form", ["booking", "change"])
async def test_each_outcome_is_said_in_short_with_a_way_to_the_clinic(
    domain: Domain, form: str, outcome: str, phone: str
) -> None:
    text = await said(domain, f"utter_{form}_{outcome}", "telegram", Clinic(phone=phone))
    assert len(text) <= LONGEST and "{" not in text
    assert any(way in text for way in (PAGE, "the clinic's website", phone or PAGE))
    assert phone in text or outcome == "by_link"

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from icalendar import Calendar

from assistant.clinic import Clinic
from bookings.notifications import DeliveryFailed, DeliveryRefused
from bookings.notifications.email import MailSettings, StaffEmail, VisitorEmail, mail_settings
from tests.bookings.delivery import CLINIC, CONTACT, MARIA, TOPIC, MailBox, notice, payload, scheduled

HEALTH_WORDS = ("ketamine", "depress", "anxiety", "ptsd", "pain", "infusion", "treatment", "therapy", "clinician")
ENVIRONMENT = {
    "MAIL_FROM": "Soft Reboot Wellness <no-reply@clinic.test>",
    "STAFF_EMAIL": "desk@clinic.test, nurse@clinic.test",
    "CONSOLE_URL": "https://console.clinic.test/",
}


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    mailbox = MailBox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


def settings(mailbox: MailBox, **changes: str) -> MailSettings:
    problems: list[str] = []
    read = mail_settings({**ENVIRONMENT, "SMTP_URL": mailbox.url, **changes}, problems)
    assert problems == [] and read is not None
    return read


def calendar_part(mail: Any) -> Any:
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return part


async def test_staff_read_what_to_do_and_nothing_about_the_person(mailbox: MailBox) -> None:
    await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(payload()))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "New consultation request SR-4K7M-92PX"
    assert mailbox.envelopes[0].rcpt_tos == ["desk@clinic.test", "nurse@clinic.test"]
    text = mail.get_content()
    assert "Due by: Monday, March 2, 2026 at 5:00 PM PST" in text
    assert "To be reached: by e-mail" in text
    assert "https://console.clinic.test/requests/SR-4K7M-92PX" in text
    whole = mail.as_string().lower()
    for private in (MARIA, CONTACT, TOPIC, "Thursday", *HEALTH_WORDS):
        assert private.lower() not in whole


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (payload("request.changed"), "Consultation request SR-4K7M-92PX was changed"),
        (payload("request.cancelled", state="cancelled"), "Consultation request SR-4K7M-92PX was cancelled"),
        (payload("call_back.requested", contact_kind="none"), "Somebody waits for a call back: SR-4K7M-92PX"),
        (scheduled(), "Consultation request SR-4K7M-92PX has a time"),
        (payload("request.other"), "Consultation request SR-4K7M-92PX"),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
async def test_staff_see_in_the_subject_what_happened(mailbox: MailBox, body: dict[str, Any], subject: str) -> None:
    await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(body))
    assert mailbox.mails[0]["Subject"] == subject
    assert ("Due by" in mailbox.mails[0].get_content()) == (body["state"] == "new")


async def test_without_a_console_address_the_mail_still_says_where_to_look(mailbox: MailBox) -> None:
    await StaffEmail(settings(mailbox, CONSOLE_URL=""), CLINIC).send("msg_1", notice(payload()))
    assert "staff console" in mailbox.mails[0].get_content()


async def test_a_repeat_is_recognisable_by_its_message_id(mailbox: MailBox) -> None:
    sender = StaffEmail(settings(mailbox), CLINIC)
    for delivery_id in ("msg_1", "msg_1", "msg_2"):
        await sender.send(delivery_id, notice(payload()))
    assert [mail["Message-ID"] for mail in mailbox.mails] == [
        "<msg_1@clinic.test>",
        "<msg_1@clinic.test>",
        "<msg_2@clinic.test>",
    ]
    assert mailbox.envelopes[0].original_content == mailbox.envelopes[1].original_content


@pytest.mark.parametrize(
    ("body", "subject", "method", "said"),
    [
        pytest.param(scheduled(), "is confirmed", "REQUEST", "It is on Thursday, March 5", id="confirmed"),
        pytest.param(scheduled(calendar_sequence=2), "has a new time", "REQUEST", "It is on", id="moved"),
        pytest.param(
            scheduled(event="request.cancelled", state="cancelled", calendar_sequence=2),
            "is cancelled",
            "CANCEL",
            "It was planned for Thursday, March 5, 2026 at 10:00 AM PST.",
            id="cancelled",
        ),
        pytest.param(
            scheduled(event="request.cancelled", state="contacted", calendar_sequence=2),
            "is cancelled",
            "CANCEL",
            "It was planned for",
            id="called off by staff",
        ),
    ],
)
async def test_the_visitor_gets_the_time_with_a_calendar_file(
    mailbox: MailBox, body: dict[str, Any], subject: str, method: str, said: str
) -> None:
    await VisitorEmail(settings(mailbox), CLINIC).send("msg_1", notice(body))
    (mail,) = mailbox.mails
    assert mail["Subject"] == f"Your consultation at Soft Reboot Wellness {subject}"
    assert mailbox.envelopes[0].rcpt_tos == [CONTACT]
    assert mail["Reply-To"] == "hello@clinic.test"
    text = mail.get_body(("plain",)).get_content()
    assert said in text and "SR-4K7M-92PX" in text
    part = calendar_part(mail)
    assert part.get_params() and dict(part.get_params())["method"] == method
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert calendar["METHOD"] == method
    assert calendar.walk("VEVENT")[0]["SEQUENCE"] == body["calendar_sequence"]
    readable = f"{mail['Subject']}\n{text}\n{part.get_payload(decode=True).decode()}".lower()
    for private in (MARIA, TOPIC, *HEALTH_WORDS):
        assert private.lower() not in readable


async def test_a_visitors_calendar_always_has_somebody_to_answer_to(mailbox: MailBox) -> None:
    await VisitorEmail(settings(mailbox), Clinic()).send("msg_1", notice(scheduled()))
    calendar = Calendar.from_ical(calendar_part(mailbox.mails[0]).get_payload(decode=True))
    assert calendar.walk("VEVENT")[0]["ORGANIZER"] == "mailto:no-reply@clinic.test"


@pytest.mark.parametrize(
    "contact",
    [
        "maria@visitor.example\r\nBcc: all@evil.example",
        "maria@visitor.example\nSubject: hello",
        "maria@visitor.example, all@evil.example",
        "all@evil.example <maria@visitor.example>",
        "maria@visitor.example\r\nRCPT TO:<all@evil.example>",
        "not an address",
        "maria@visitor.example\u2028Bcc: all@evil.example",
        f"{'x' * 250}@visitor.example",
        "maria@..",
        "",
        "@",
    ],
)
async def test_a_forged_address_reaches_nobody(mailbox: MailBox, contact: str) -> None:
    with pytest.raises(DeliveryRefused, match="NoAddress"):
        await VisitorEmail(settings(mailbox), CLINIC).send("msg_1", notice(scheduled(contact=contact)))
    assert mailbox.mails == []


async def test_an_id_or_a_reference_with_a_line_break_adds_no_header(mailbox: MailBox) -> None:
    for delivery_id, reference in (("msg_1\r\nBcc: a@b.test", "SR-1"), ("msg_1", "SR-1\r\nBcc: a@b.test")):
        with pytest.raises(ValueError):
            await StaffEmail(settings(mailbox), CLINIC).send(delivery_id, notice(payload(reference=reference)))
    assert mailbox.mails == []


async def test_a_visitor_without_an_address_or_a_time_gets_no_mail(mailbox: MailBox) -> None:
    sender = VisitorEmail(settings(mailbox), CLINIC)
    for body, code in ((scheduled(contact_kind="phone"), "NoAddress"), (payload(), "NoAppointment")):
        with pytest.raises(DeliveryRefused, match=code):
            await sender.send("msg_1", notice(body))
    assert mailbox.mails == []


async def test_an_address_outside_ascii_is_written_to(mailbox: MailBox) -> None:
    mailbox.stop()
    mailbox.start(enable_SMTPUTF8=True)
    for contact in ("josé@visitor.example", "maria@bücher.example"):
        await VisitorEmail(settings(mailbox), CLINIC).send("msg_1", notice(scheduled(contact=contact)))
    assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [
        ["josé@visitor.example"],
        ["maria@xn--bcher-kva.example"],
    ]
    assert mailbox.mails[0]["To"] == "josé@visitor.example"
    assert "text/calendar" in [part.get_content_type() for part in mailbox.mails[0].walk()]


async def test_a_server_that_cannot_take_such_an_address_is_tried_again(mailbox: MailBox) -> None:
    mailbox.stop()
    mailbox.start(enable_SMTPUTF8=False)
    with pytest.raises(DeliveryFailed, match="SMTPNotSupported"):
        await VisitorEmail(settings(mailbox), CLINIC).send("msg_1", notice(scheduled(contact="josé@visitor.example")))


async def test_an_unknown_visitor_is_given_up_and_a_full_mailbox_is_tried_again(mailbox: MailBox) -> None:
    sender = VisitorEmail(settings(mailbox), CLINIC)
    mailbox.refuse = {CONTACT: f"550 no such user {CONTACT}"}
    with pytest.raises(DeliveryRefused) as refused:
        await sender.send("msg_1", notice(scheduled()))
    assert refused.value.code == "SMTPRecipientsRefused 550"
    mailbox.refuse = {CONTACT: "452 full"}
    with pytest.raises(DeliveryFailed) as failed:
        await sender.send("msg_1", notice(scheduled()))
    assert not isinstance(failed.value, DeliveryRefused) and failed.value.code == "SMTPRecipientsRefused 452"


async def test_mail_to_staff_is_never_given_up_at_once(mailbox: MailBox) -> None:
    mailbox.refuse = {"desk@clinic.test": "550 no", "nurse@clinic.test": "550 no"}
    with pytest.raises(DeliveryFailed) as failed:
        await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(payload()))
    assert not isinstance(failed.value, DeliveryRefused)


async def test_one_misspelt_colleague_does_not_keep_it_from_the_others(mailbox: MailBox) -> None:
    mailbox.refuse = {"desk@clinic.test": "550 no"}
    await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(payload()))
    assert mailbox.envelopes[0].rcpt_tos == ["nurse@clinic.test"]


async def test_a_mail_server_that_is_away_is_tried_again(mailbox: MailBox) -> None:
    mailbox.stop()
    with pytest.raises(DeliveryFailed) as failed:
        await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(payload()))
    assert failed.value.code == "SMTPConnectError"


async def test_user_and_password_of_the_url_are_used(mailbox: MailBox) -> None:
    seen: list[tuple[bytes, bytes]] = []

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss/word", handled=False)

    mailbox.stop()
    mailbox.start(authenticator=check, auth_required=True, auth_require_tls=False)
    url = f"smtp://desk%40clinic.test:p%40ss%2Fword@127.0.0.1:{mailbox.port}"
    await StaffEmail(settings(mailbox, SMTP_URL=url), CLINIC).send("msg_1", notice(payload()))
    assert seen == [(b"desk@clinic.test", b"p@ss/word")] and len(mailbox.mails) == 1
    with pytest.raises(DeliveryFailed) as failed:
        wrong = settings(mailbox, SMTP_URL=url.replace("word", "WORD"))
        await StaffEmail(wrong, CLINIC).send("msg_1", notice(payload()))
    assert failed.value.code == "SMTPAuthenticationError 535"
    assert "ss/word" not in repr(settings(mailbox, SMTP_URL=url))


async def test_starttls_that_is_demanded_and_not_offered_sends_nothing(mailbox: MailBox) -> None:
    with pytest.raises(DeliveryFailed):
        url = f"{mailbox.url}?starttls=1"
        await StaffEmail(settings(mailbox, SMTP_URL=url), CLINIC).send("msg_1", notice(payload()))
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtps://u:p@mail.test", 465, True, False),
        ("smtp://u:p@mail.test", 587, False, True),
        ("smtp://mail.test", 25, False, None),
        ("smtp://mail.test:2525?starttls=1", 2525, False, True),
        ("smtp://localhost:1025", 1025, False, False),
        ("smtp://u:p@mail.test?starttls=0", 587, False, False),
    ],
)
def test_a_password_never_travels_readable_unless_demanded(
    url: str, port: int, use_tls: bool, start_tls: bool | None
) -> None:
    problems: list[str] = []
    read = mail_settings({"SMTP_URL": url, "MAIL_FROM": "a@b.test"}, problems)
    assert problems == [] and read is not None
    assert (read.server.port, read.server.use_tls, read.server.start_tls) == (port, use_tls, start_tls)


async def test_a_message_is_dated_when_the_thing_happened(mailbox: MailBox) -> None:
    await StaffEmail(settings(mailbox), CLINIC).send("msg_1", notice(payload()))
    assert mailbox.mails[0]["Date"].datetime == datetime.fromisoformat("2026-03-02T18:00:00+00:00")
    assert mailbox.mails[0]["Auto-Submitted"] == "auto-generated"


async def test_line_breaks_in_the_clinics_name_add_no_header(mailbox: MailBox) -> None:
    clinic = replace(CLINIC, name="Reboot\r\nBcc: all@evil.example")
    with pytest.raises(ValueError):
        await VisitorEmail(settings(mailbox), clinic).send("msg_1", notice(scheduled()))
    assert mailbox.mails == []

"""E-mail: to staff that there is something to do, to the visitor when a time is fixed, moved or called off.

E-mail is read on lock screens and kept by strangers' servers, so it says what happened and when, never why: no name, no
contact data and no topic for staff (the console has them), no word of a treatment for the visitor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

import aiosmtplib
import structlog

from assistant.clinic import Clinic
from assistant.conversations.alerts import Due as Alert
from bookings.notifications import (
    SEND_SECONDS,
    DeliveryFailed,
    DeliveryRefused,
    Notice,
    clinic_zone,
    in_words,
    is_loopback,
)
from bookings.notifications.calendar import invitation, is_called_off

logger = structlog.get_logger()

_STAFF_SUBJECTS = {
    "request.created": "New consultation request {reference}",
    "request.changed": "Consultation request {reference} was changed",
    "request.cancelled": "Consultation request {reference} was cancelled",
    "request.scheduled": "Consultation request {reference} has a time",
    "call_back.requested": "Somebody waits for a call back: {reference}",
}
# Narrower than the standard: what may be in an address only between quotes is what forged headers are made of.
_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]+""")
_LONGEST_ADDRESS = 254
_STAFF_CONTACT = {"phone": "by phone", "email": "by e-mail", "none": "in the chat (no contact data)"}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. `start_tls`: True demands encryption, None takes it if offered, False does without."""

    host: str
    port: int
    use_tls: bool
    start_tls: bool | None
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class MailSettings:
    """The mail server, our own address, and the staff who are told of requests (nobody: only visitors get mail)."""

    server: MailServer
    sender: str
    staff: tuple[str, ...]
    console_url: str


def mail_settings(env: Mapping[str, str], problems: list[str]) -> MailSettings | None:
    """Read SMTP_URL, MAIL_FROM, STAFF_EMAIL and CONSOLE_URL; None when no mail is wanted.

    What is wrong is added to `problems`, by name and never by value.
    """
    wanted = [name for name in ("SMTP_URL", "MAIL_FROM", "STAFF_EMAIL") if env.get(name)]
    if not wanted:
        return None
    missing = [name for name in ("SMTP_URL", "MAIL_FROM") if not env.get(name)]
    problems.extend(f"{name} is missing ({', '.join(wanted)} is set)" for name in missing)
    server = _mail_server(env["SMTP_URL"], problems) if env.get("SMTP_URL") else None
    addresses = [text.strip() for text in env.get("STAFF_EMAIL", "").split(",") if text.strip()]
    for name, texts in (("MAIL_FROM", [env.get("MAIL_FROM", "")]), ("STAFF_EMAIL", addresses)):
        if any(text and _address(parseaddr(text)[1]) is None for text in texts):
            problems.append(f"{name} holds something that is not an e-mail address")
    console_url = env.get("CONSOLE_URL", "")
    if console_url and not console_url.startswith(("https://", "http://")):
        problems.append("CONSOLE_URL must start with https:// or http://")
    if server is None:
        return None
    staff = tuple(parseaddr(text)[1] for text in addresses)
    return MailSettings(server, env.get("MAIL_FROM", ""), staff, console_url.rstrip("/"))


class StaffEmail:
    """Tells staff by e-mail that a request waits for them in the console."""

    def __init__(self, settings: MailSettings, clinic: Clinic) -> None:
        self._settings = settings
        self._zone = clinic_zone(clinic)

    async def send(self, delivery_id: str, notice: Notice) -> None:
        subject = _STAFF_SUBJECTS.get(notice.event, "Consultation request {reference}")
        message = _message(self._settings, delivery_id, notice.occurred_at, subject.format(reference=notice.reference))
        message["To"] = ", ".join(self._settings.staff)
        message.set_content(self._text(notice))
        try:
            await _hand_in(self._settings, message, list(self._settings.staff))
        except DeliveryRefused as error:
            # The clinic's own mailbox is full or misspelt: that gets mended, and the request must not be lost.
            raise DeliveryFailed(error.code) from error

    async def send_alert(self, delivery_id: str, alert: Alert) -> None:
        """Tell staff of a danger, without a word of what was written."""
        at = datetime.fromtimestamp(alert.created_at, timezone.utc)
        message = _message(self._settings, delivery_id, at, "A chat needs somebody now")
        message["To"] = ", ".join(self._settings.staff)
        lines = [
            f"At {in_words(at, self._zone)} somebody wrote words of danger in the chat.",
            "A program read them and may be wrong.",
            "They were told to call 911 or 988. Please look at the chat and acknowledge it in the console.",
        ]
        if self._settings.console_url:
            page = (
                f"{self._settings.console_url}/conversations/{quote(alert.conversation_id, safe=':')}#m{alert.number}"
            )
            lines.append(f"Open it: {page}")
        message.set_content("\n".join(lines) + "\n")
        await _hand_in(self._settings, message, list(self._settings.staff))

    def _text(self, notice: Notice) -> str:
        lines = [
            f"Reference: {notice.reference}",
            f"To be reached: {_STAFF_CONTACT.get(notice.contact_kind, 'see the console')}",
        ]
        if notice.appointment_at is not None:
            lines.append(f"Time: {in_words(notice.appointment_at, self._zone)}")
        if notice.state in ("new", "contacted"):
            lines.append(f"Due by: {in_words(notice.due_at, self._zone)}")
        if self._settings.console_url:
            lines.append(f"Open it: {self._settings.console_url}/requests/{quote(notice.reference, safe='')}")
        else:
            lines.append("The details are in the staff console.")
        return "\n".join(lines) + "\n"


class VisitorEmail:
    """Sends the visitor the time of their consultation, with a calendar file."""

    def __init__(self, settings: MailSettings, clinic: Clinic) -> None:
        self._settings = settings
        self._clinic = clinic
        self._zone = clinic_zone(clinic)

    async def send(self, delivery_id: str, notice: Notice) -> None:
        address = _address(notice.contact) if notice.contact_kind == "email" else None
        if address is None or notice.appointment_at is None:
            raise DeliveryRefused("NoAddress" if address is None else "NoAppointment")
        organizer = self._clinic.email or parseaddr(self._settings.sender)[1]
        message = _message(self._settings, delivery_id, notice.occurred_at, self._subject(notice))
        message["To"] = address
        message["Reply-To"] = organizer
        message.set_content(self._text(notice))
        method = "CANCEL" if is_called_off(notice) else "REQUEST"
        message.add_attachment(
            invitation(notice, self._clinic, organizer, address),
            maintype="text",
            subtype="calendar",
            filename="appointment.ics",
            params={"method": method, "charset": "utf-8"},
        )
        await _hand_in(self._settings, message, [address])

    def _subject(self, notice: Notice) -> str:
        consultation = f"Your consultation at {self._clinic.name or 'our clinic'}"
        if is_called_off(notice):
            return f"{consultation} is cancelled"
        return f"{consultation} has a new time" if notice.calendar_sequence > 1 else f"{consultation} is confirmed"

    def _text(self, notice: Notice) -> str:
        # Without a name: whoever types a stranger's address must not be able to write to them through us.
        assert notice.appointment_at is not None  # noqa: S101 - `send` has looked
        when = in_words(notice.appointment_at, self._zone)
        time = f"It was planned for {when}." if is_called_off(notice) else f"It is on {when}."
        lines = ["Hello,", "", f"{self._subject(notice)}.", time, "", f"Your reference: {notice.reference}"]
        if self._clinic.phone:
            lines.append(f"To change it, call {self._clinic.phone}.")
        return "\n".join(lines) + "\n"


def _message(settings: MailSettings, delivery_id: str, at: datetime, subject: str) -> EmailMessage:
    """A mail without its text. EmailMessage refuses line breaks in headers, so that nobody can add one of their own."""
    message = EmailMessage(policy=SMTP_POLICY)
    domain = parseaddr(settings.sender)[1].rpartition("@")[2]
    message["Subject"] = subject
    message["From"] = settings.sender
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{delivery_id}@{domain}>"  # the same for a repeat, so that it can be recognised
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers, please
    return message


async def _hand_in(settings: MailSettings, message: EmailMessage, recipients: list[str]) -> None:
    """Give a mail to the server, for at least one of the recipients.

    Raises: DeliveryRefused when it refuses every recipient for good, DeliveryFailed otherwise.
    """
    server = settings.server
    try:
        refused, _ = await aiosmtplib.send(
            message,
            sender=parseaddr(settings.sender)[1],
            recipients=recipients,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=SEND_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refusal.code for refusal in error.recipients]
        problem = DeliveryRefused if all(code >= 500 for code in codes) else DeliveryFailed
        raise problem(f"SMTPRecipientsRefused {codes[0]}") from error
    except aiosmtplib.SMTPResponseException as error:
        raise DeliveryFailed(f"{type(error).__name__} {error.code}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(type(error).__name__) from error
    if refused:
        # The others have it: a repeat would only trouble them.
        codes = [response.code for response in refused.values()]
        logger.warning("booking.notification.partly_refused", id=message["Message-ID"], codes=codes)


def _address(text: str) -> str | None:
    """The text as mail servers write it when it is exactly one e-mail address, else None."""
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        return None
    local, _, domain = text.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def _mail_server(url: str, problems: list[str]) -> MailServer | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        problems.append("SMTP_URL cannot be read")
        return None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        problems.append("SMTP_URL must look like smtp://user:password@host:port or smtps://…")
        return None
    options = dict(parse_qsl(parts.query))
    if options.keys() - {"starttls"} or options.get("starttls", "1") not in ("0", "1"):
        problems.append("SMTP_URL takes only ?starttls=1 or ?starttls=0")
        return None
    use_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if use_tls else 587 if parts.username else 25),
        use_tls=use_tls,
        start_tls=False if use_tls else _start_tls(parts, options),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _start_tls(parts: SplitResult, options: Mapping[str, str]) -> bool | None:
    if "starttls" in options:
        return options["starttls"] == "1"
    if is_loopback(parts.hostname or ""):
        return False
    # A password never travels readable because somebody on the way hid the server's offer.
    return True if parts.password else None

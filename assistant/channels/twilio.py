"""SMS, MMS and WhatsApp by Twilio: `POST /webhooks/twilio/webhook`, for messages as well as for their status."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse
from twilio.request_validator import RequestValidator

from assistant.channels import received
from assistant.channels.base import MessagingChannel
from assistant.channels.courier import SendFailed, SendRefused
from assistant.channels.http import ApiError, post
from assistant.channels.incoming import Refused
from assistant.channels.received import Batch, Received, Status
from assistant.conversations import addresses, deliveries

_API = "https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"
_WHATSAPP = "whatsapp:"
_NUMBERS = {"sms": "TWILIO_NUMBER", "twilio_whatsapp": "TWILIO_WHATSAPP_NUMBER"}
_STATES = {
    "sent": deliveries.SENT,
    "delivered": deliveries.DELIVERED,
    "read": deliveries.READ,
    "failed": deliveries.FAILED,
    "undelivered": deliveries.FAILED,
}
# https://www.twilio.com/docs/api/errors: the visitor has opted out at the carrier; too many, try later.
_OPTED_OUT, _BUSY = 21610, frozenset({20429, 14107, 30001, 63018})
_KINDS = {"image": received.PICTURE, "audio": received.VOICE, "video": received.VIDEO}
_VCARDS = ("text/vcard", "text/x-vcard")


class TwilioChannel(MessagingChannel):
    """One account of Twilio."""

    channels = ("sms", "twilio_whatsapp")

    @classmethod
    def name(cls) -> str:
        return "twilio"

    def verify(self, request: Request) -> None:
        """By X-Twilio-Signature: HMAC-SHA1 over the address that Twilio called and the fields that it sent."""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature or not RequestValidator(self._token).validate(_address(request), _fields(request), signature):
            raise Refused(403, "The request is not signed by Twilio for this account.")

    def read(self, request: Request) -> dict[str, Batch]:
        fields = _fields(request)
        if fields.get("AccountSid") != self._account:
            raise Refused(403, "The request is for another account.")
        batch, message_id = Batch(), fields.get("MessageSid") or fields.get("SmsSid")
        whatsapp = _WHATSAPP in (fields.get("From", "")[: len(_WHATSAPP)], fields.get("To", "")[: len(_WHATSAPP)])
        channel = "twilio_whatsapp" if whatsapp else "sms"
        state = fields.get("MessageStatus") or fields.get("SmsStatus", "received")
        if not message_id or channel not in self.settings:
            batch.ignored.append("other")
        elif state != "received":
            if state in _STATES:
                batch.statuses.append(Status(message_id, _STATES[state], fields.get("ErrorCode")))
        elif not fields.get("From"):
            batch.ignored.append("no_sender")
        else:
            batch.messages.append(_message(fields, message_id))
        return {channel: batch}

    def acknowledgement(self, request: Request) -> HTTPResponse:
        """An empty answer: replies go out by the API."""
        return response.text("<Response/>", content_type="text/xml")

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        sender = self.settings[channel][_NUMBERS[channel]]
        fields = {"To": address, "From": sender, "Body": body["text"]}
        if public := os.environ.get("ASSISTANT_URL", "").rstrip("/"):
            fields["StatusCallback"] = f"{public}/webhooks/twilio/webhook"
        try:
            told = await post(
                "twilio", _API.format(account=self._account), data=fields, auth=(self._account, self._token)
            )
        except ApiError as error:
            raise _read_error(error) from None
        return str(told["sid"]) if told.get("sid") else None

    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        whatsapp = sender.startswith(_WHATSAPP)
        own = next(iter(self.settings.values()))[_NUMBERS[next(iter(self.settings))]]
        fields = {
            "MessageSid": f"SM{secrets.token_hex(16)}",
            "AccountSid": self._account,
            "From": sender,
            "To": self.settings["twilio_whatsapp"]["TWILIO_WHATSAPP_NUMBER"] if whatsapp else own,
            "Body": text,
            "NumMedia": "0",
        }
        headers = {
            "X-Twilio-Signature": RequestValidator(self._token).compute_signature(url, fields),
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        return headers, urlencode(fields).encode()

    @property
    def _account(self) -> str:
        return next(iter(self.settings.values()))["TWILIO_ACCOUNT_SID"]

    @property
    def _token(self) -> str:
        return next(iter(self.settings.values()))["TWILIO_AUTH_TOKEN"]


def _address(request: Request) -> str:
    """The address that Twilio called: what stands before our proxy, where there is one."""
    query = f"?{request.query_string}" if request.query_string else ""
    base = os.environ.get("ASSISTANT_URL", "").rstrip("/") or f"{request.scheme}://{request.host}"
    return f"{base}{request.path}{query}"


def _fields(request: Request) -> dict[str, str]:
    """The form's fields. Raises: Refused."""
    try:
        text = request.body.decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200))
    except ValueError:
        raise Refused(400, "The body is no form in UTF-8.") from None


def _message(fields: Mapping[str, str], message_id: str) -> Received:
    kind = None
    if fields.get("NumMedia", "0") not in ("", "0"):
        content = fields.get("MediaContentType0", "")
        kind = received.CONTACT if content in _VCARDS else _KINDS.get(content.partition("/")[0], received.FILE)
    elif fields.get("Latitude"):
        kind = received.LOCATION
    return Received(fields["From"], message_id, fields.get("Body", ""), kind=kind)


def _read_error(error: ApiError) -> Exception:
    code = error.told.get("code")
    if code == _OPTED_OUT:
        return SendRefused(f"Twilio {code}", opted_out=addresses.VISITOR)
    if code in _BUSY:
        return SendFailed(f"Twilio {code}")
    return SendRefused(f"Twilio {code}" if isinstance(code, int) else error.code)

"""Requests as the platforms send them, signed by the vendors' own libraries or by their published algorithm."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKEN": "twilio-token-of-tests",
    "TWILIO_NUMBER": "+14155550100",
    "TWILIO_WHATSAPP_NUMBER": "whatsapp:+14155550101",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "whatsapp-token-of-tests",
    "WHATSAPP_APP_SECRET": "whatsapp-secret-of-tests",
    "WHATSAPP_VERIFY_TOKEN": "whatsapp-word-of-tests",
    "MESSENGER_PAGE_ID": "204567890123456",
    "MESSENGER_PAGE_TOKEN": "messenger-token-of-tests",
    "MESSENGER_APP_SECRET": "messenger-secret-of-tests",
    "MESSENGER_VERIFY_TOKEN": "messenger-word-of-tests",
    "TELEGRAM_BOT_TOKEN": "123456:telegram-token-of-tests",
    "TELEGRAM_WEBHOOK_SECRET": "telegram-secret-of-tests",
    "SLACK_BOT_TOKEN": "xoxb-token-of-tests",
    "SLACK_SIGNING_SECRET": "slack-secret-of-tests",
    "SLACK_APP_ID": "A012345",
}
_FORM = "application/x-www-form-urlencoded"
_numbers = count(int(time.time()) % 10**6 * 1000)


@dataclass(frozen=True)
class Signed:
    """A request of a platform."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Platform:
    """One channel, as its platform speaks.

    Args:
        server: the address that the platform has been given.
    """

    name = ""  # the channel's
    path = ""
    has_buttons = True

    def __init__(self, server: str) -> None:
        self.server = server

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        """A visitor writes."""
        raise NotImplementedError

    def press(self, sender: str, title: str, payload: str, id: str | None = None) -> Signed:
        """A visitor presses a button."""
        raise NotImplementedError

    def picture(self, sender: str, caption: str = "") -> Signed:
        """A visitor sends a picture."""
        raise NotImplementedError

    def new_sender(self) -> str:
        """Somebody who has not written yet."""
        return f"1415{next(_numbers) % 10**7:07d}"

    def address(self, sender: str) -> str:
        """Where the replies go."""
        return sender


class Sms(Platform):
    name, path, has_buttons = "sms", "/webhooks/twilio/webhook", False
    to = ENVIRONMENT["TWILIO_NUMBER"]

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        return self.form(sender, Body=text, MessageSid=id or new_id("SM"))

    def picture(self, sender: str, caption: str = "") -> Signed:
        media = {"NumMedia": "1", "MediaContentType0": "image/jpeg", "MediaUrl0": "https://api.twilio.com/x"}
        return self.form(sender, Body=caption, MessageSid=new_id("MM"), **media)

    def form(self, sender: str, **fields: str) -> Signed:
        own = {"AccountSid": ENVIRONMENT["TWILIO_ACCOUNT_SID"], "From": sender, "To": self.to, "NumMedia": "0"}
        return self.signed({**own, **fields})

    def signed(self, fields: Mapping[str, str], token: str = ENVIRONMENT["TWILIO_AUTH_TOKEN"]) -> Signed:
        signature = RequestValidator(token).compute_signature(f"{self.server}{self.path}", dict(fields))
        headers = {"X-Twilio-Signature": signature, "Content-Type": f"{_FORM}; charset=UTF-8"}
        return Signed(self.path, headers, urlencode(fields).encode())

    def new_sender(self) -> str:
        return f"+{super().new_sender()}"


class TwilioWhatsapp(Sms):
    name = "twilio_whatsapp"
    to = ENVIRONMENT["TWILIO_WHATSAPP_NUMBER"]

    def new_sender(self) -> str:
        return f"whatsapp:{super().new_sender()}"


class _Json(Platform):
    def signed(self, content: Any) -> Signed:
        return self.signed_body(json.dumps(content).encode())

    def signed_body(self, body: bytes) -> Signed:
        raise NotImplementedError


class _Meta(_Json):
    secret = ""

    def signed_body(self, body: bytes) -> Signed:
        # https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
        return Signed(self.path, headers, body)


class Whatsapp(_Meta):
    name, path, secret = "whatsapp", "/webhooks/whatsapp/webhook", ENVIRONMENT["WHATSAPP_APP_SECRET"]

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        return self.message(sender, id, type="text", text={"body": text})

    def press(self, sender: str, title: str, payload: str, id: str | None = None) -> Signed:
        reply = {"type": "button_reply", "button_reply": {"id": payload, "title": title}}
        return self.message(sender, id, type="interactive", interactive=reply)

    def picture(self, sender: str, caption: str = "") -> Signed:
        image = {"id": "1", "mime_type": "image/jpeg", **({"caption": caption} if caption else {})}
        return self.message(sender, None, type="image", image=image)

    def message(self, sender: str, id: str | None = None, **content: Any) -> Signed:
        message = {"from": sender, "id": id or new_id("wamid."), "timestamp": str(int(time.time())), **content}
        return self.value(messages=[message])

    def value(self, account: str = ENVIRONMENT["WHATSAPP_PHONE_NUMBER_ID"], **content: Any) -> Signed:
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": account}, **content}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        return self.signed({"object": "whatsapp_business_account", "entry": [entry]})


class Messenger(_Meta):
    name, path, secret = "messenger", "/webhooks/messenger/webhook", ENVIRONMENT["MESSENGER_APP_SECRET"]

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        return self.events({"sender": {"id": sender}, "message": {"mid": id or new_id("m_"), "text": text}})

    def press(self, sender: str, title: str, payload: str, id: str | None = None) -> Signed:
        message = {"mid": id or new_id("m_"), "text": title, "quick_reply": {"payload": payload}}
        return self.events({"sender": {"id": sender}, "message": message})

    def picture(self, sender: str, caption: str = "") -> Signed:
        attached = [{"type": "image", "payload": {"url": "https://scontent.example/x.jpg"}}]
        message = {"mid": new_id("m_"), "attachments": attached, **({"text": caption} if caption else {})}
        return self.events({"sender": {"id": sender}, "message": message})

    def events(self, *events: Mapping[str, Any], page: str = ENVIRONMENT["MESSENGER_PAGE_ID"], **more: Any) -> Signed:
        whole = [{"recipient": {"id": page}, "timestamp": int(time.time() * 1000), **event} for event in events]
        return self.signed({"object": "page", "entry": [{"id": page, "messaging": whole, **more}]})


class Telegram(_Json):
    name, path = "telegram", "/webhooks/telegram/webhook"

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        return self.message(sender, id, text=text)

    def press(self, sender: str, title: str, payload: str, id: str | None = None) -> Signed:
        keyboard = {"inline_keyboard": [[{"text": title, "callback_data": payload}]]}
        message = {**self._of(sender, None), "text": "said before", "reply_markup": keyboard}
        query = {"id": id or new_id("q"), "from": {"id": int(sender)}, "message": message, "data": payload}
        return self.update(callback_query=query)

    def picture(self, sender: str, caption: str = "") -> Signed:
        photo = {"photo": [{"file_id": "x", "width": 90, "height": 90}], **({"caption": caption} if caption else {})}
        return self.message(sender, None, **photo)

    def message(self, sender: str, id: str | None = None, **content: Any) -> Signed:
        return self.update(message={**self._of(sender, id), **content})

    def update(self, **content: Any) -> Signed:
        return self.signed({"update_id": next(_numbers), **content})

    def signed_body(self, body: bytes) -> Signed:
        secret = {"X-Telegram-Bot-Api-Secret-Token": ENVIRONMENT["TELEGRAM_WEBHOOK_SECRET"]}
        return Signed(self.path, {**secret, "Content-Type": "application/json"}, body)

    @staticmethod
    def _of(sender: str, id: str | None) -> dict[str, Any]:
        number = int(id) if id else next(_numbers)
        who = {"id": int(sender), "is_bot": False, "first_name": "V"}
        return {"message_id": number, "from": who, "chat": {"id": int(sender), "type": "private"}, "date": 1}


class Slack(_Json):
    name, path = "slack", "/webhooks/slack/webhook"

    def text(self, sender: str, text: str, id: str | None = None) -> Signed:
        return self.event(sender, id, text=text)

    def press(self, sender: str, title: str, payload: str, id: str | None = None) -> Signed:
        button = {"type": "button", "text": {"type": "plain_text", "text": title}, "value": payload}
        action = {**button, "action_id": "choice_0", "action_ts": id or new_ts()}
        content = {"type": "block_actions", "api_app_id": ENVIRONMENT["SLACK_APP_ID"], "team": {"id": "T1"}}
        body = {**content, "channel": {"id": sender}, "user": {"id": f"U{sender}"}, "actions": [action]}
        form = urlencode({"payload": json.dumps(body)}).encode()
        return self.signed_body(form, content_type=_FORM)

    def picture(self, sender: str, caption: str = "") -> Signed:
        files = [{"id": "F1", "mimetype": "image/png"}]
        return self.event(sender, None, subtype="file_share", text=caption, files=files)

    def event(self, sender: str, id: str | None = None, **content: Any) -> Signed:
        event = {"type": "message", "channel_type": "im", "channel": sender, "user": f"U{sender}", "ts": id or new_ts()}
        return self.callback({**event, **content})

    def callback(self, event: Mapping[str, Any], app: str = ENVIRONMENT["SLACK_APP_ID"]) -> Signed:
        whole = {"type": "event_callback", "api_app_id": app, "team_id": "T1", "event_id": new_id("Ev")}
        return self.signed({**whole, "event": dict(event)})

    def signed_body(self, body: bytes, content_type: str = "application/json", at: int | None = None) -> Signed:
        moment = str(at or int(time.time()))
        verifier = SignatureVerifier(ENVIRONMENT["SLACK_SIGNING_SECRET"])
        signature = str(verifier.generate_signature(timestamp=moment, body=body.decode("utf-8", "replace")))
        headers = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": signature, "Content-Type": content_type}
        return Signed(self.path, headers, body)

    def new_sender(self) -> str:
        return f"D{super().new_sender()}"


ALL: tuple[type[Platform], ...] = (Sms, TwilioWhatsapp, Whatsapp, Messenger, Telegram, Slack)


def new_id(prefix: str) -> str:
    """An id that no message had before."""
    return f"{prefix}{next(_numbers):032x}"


def new_ts() -> str:
    """The same, as Slack counts."""
    return f"{next(_numbers)}.000100"

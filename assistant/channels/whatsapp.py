"""WhatsApp by Meta's Cloud API: `/webhooks/whatsapp/webhook`."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.channels import meta, received, render
from assistant.channels.base import MessagingChannel
from assistant.channels.http import ApiError, post
from assistant.channels.meta import a_text, an_object, objects
from assistant.channels.received import Batch, Received, Status
from assistant.conversations import deliveries

_STATES = {
    "sent": deliveries.SENT,
    "delivered": deliveries.DELIVERED,
    "read": deliveries.READ,
    "failed": deliveries.FAILED,
}
_KINDS = {
    "image": received.PICTURE,
    "audio": received.VOICE,
    "video": received.VIDEO,
    "sticker": received.STICKER,
    "document": received.FILE,
    "location": received.LOCATION,
    "contacts": received.CONTACT,
    "unsupported": received.OTHER,
}
_LIST_BUTTON = "Choose"


class WhatsappChannel(MessagingChannel):
    """One phone number of WhatsApp's Cloud API."""

    channels = ("whatsapp",)

    @classmethod
    def name(cls) -> str:
        return "whatsapp"

    def verify(self, request: Request) -> None:
        meta.check_signature(request, self._settings["WHATSAPP_APP_SECRET"])

    def challenge(self, request: Request) -> HTTPResponse:
        return meta.answer_challenge(request, self._settings["WHATSAPP_VERIFY_TOKEN"])

    def read(self, request: Request) -> dict[str, Batch]:
        batch = Batch()
        for entry in objects(meta.read_json(request).get("entry")):
            for change in objects(entry.get("changes")):
                value = an_object(change.get("value"))
                number = a_text(an_object(value.get("metadata")).get("phone_number_id"))
                if change.get("field") != "messages":
                    batch.ignored.append("other_field")
                elif number != self._settings["WHATSAPP_PHONE_NUMBER_ID"]:
                    batch.ignored.append("other_account")
                else:
                    _read_value(value, batch)
        return {"whatsapp": batch}

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        url = f"{meta.GRAPH}/{self._settings['WHATSAPP_PHONE_NUMBER_ID']}/messages"
        message = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": address,
            **_content(body),
        }
        headers = {"Authorization": f"Bearer {self._settings['WHATSAPP_ACCESS_TOKEN']}"}
        try:
            told = await post("whatsapp", url, json=message, headers=headers)
        except ApiError as error:
            raise meta.read_error(error) from None
        return next((a_text(one.get("id")) for one in objects(told.get("messages"))), None)

    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        message = {
            "from": sender,
            "id": f"wamid.{secrets.token_hex(16)}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": text},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": self._settings["WHATSAPP_PHONE_NUMBER_ID"]},
            "contacts": [{"profile": {"name": "Visitor"}, "wa_id": sender}],
            "messages": [message],
        }
        entry = {"id": "0", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = meta.sign(body, self._settings["WHATSAPP_APP_SECRET"])
        return {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}, body

    @property
    def _settings(self) -> Any:
        return self.settings["whatsapp"]


def _read_value(value: Mapping[str, Any], batch: Batch) -> None:
    for message in objects(value.get("messages")):
        read = _message(message)
        batch.messages += [read] if read else []
        batch.ignored += [] if read else ["other_message"]
    for status in objects(value.get("statuses")):
        state, platform_id = _STATES.get(a_text(status.get("status"))), a_text(status.get("id"))
        if state and platform_id:
            error = next((f"Meta {a_text(one.get('code'))}" for one in objects(status.get("errors"))), None)
            batch.statuses.append(Status(platform_id, state, error))
        else:
            batch.ignored.append("other_status")


def _message(message: Mapping[str, Any]) -> Received | None:
    kind, sender, message_id = (a_text(message.get(name)) for name in ("type", "from", "id"))
    if not sender or not message_id:
        return None
    content = an_object(message.get(kind))
    if kind == "text":
        return Received(sender, message_id, a_text(content.get("body")))
    if kind == "interactive":
        pressed = an_object(content.get("button_reply") or content.get("list_reply"))
        return Received(sender, message_id, a_text(pressed.get("title")), a_text(pressed.get("id")) or None)
    if kind == "button":
        return Received(sender, message_id, a_text(content.get("text")))
    if kind in _KINDS:
        return Received(sender, message_id, a_text(content.get("caption")), kind=_KINDS[kind])
    return None  # reactions, orders, notices of the platform: nothing that asks for an answer


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a reply as WhatsApp's message object."""
    text, buttons = body["text"], body.get("buttons") or []
    if not buttons:
        return {"type": "text", "text": {"preview_url": False, "body": text}}
    if body["as"] == render.LIST:
        rows = [{"id": button["payload"], "title": button["title"]} for button in buttons]
        action: dict[str, Any] = {"button": _LIST_BUTTON, "sections": [{"rows": rows}]}
    else:
        replies = [{"id": button["payload"], "title": button["title"]} for button in buttons]
        action = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    shape = "list" if body["as"] == render.LIST else "button"
    return {"type": "interactive", "interactive": {"type": shape, "body": {"text": text}, "action": action}}

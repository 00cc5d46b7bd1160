"""Facebook Messenger: `/webhooks/messenger/webhook`."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.channels import meta, received
from assistant.channels.base import MessagingChannel
from assistant.channels.http import ApiError, post
from assistant.channels.meta import a_text, an_object, objects
from assistant.channels.received import Batch, Received, Status
from assistant.conversations import deliveries

_KINDS = {
    "image": received.PICTURE,
    "audio": received.VOICE,
    "video": received.VIDEO,
    "file": received.FILE,
    "location": received.LOCATION,
}
_STARTED = "GET_STARTED"  # the payload of the button below a new chat


class MessengerChannel(MessagingChannel):
    """One page of Facebook."""

    channels = ("messenger",)

    @classmethod
    def name(cls) -> str:
        return "messenger"

    def verify(self, request: Request) -> None:
        meta.check_signature(request, self._settings["MESSENGER_APP_SECRET"])

    def challenge(self, request: Request) -> HTTPResponse:
        return meta.answer_challenge(request, self._settings["MESSENGER_VERIFY_TOKEN"])

    def read(self, request: Request) -> dict[str, Batch]:
        batch, body = Batch(), meta.read_json(request)
        if body.get("object") != "page":
            batch.ignored.append("other_object")
            return {"messenger": batch}
        for entry in objects(body.get("entry")):
            if a_text(entry.get("id")) != self._settings["MESSENGER_PAGE_ID"]:
                batch.ignored.append("other_account")
                continue
            batch.ignored += ["standby"] * len(objects(entry.get("standby")))  # another app has the chat
            batch.ignored += ["change"] * len(objects(entry.get("changes")))
            for event in objects(entry.get("messaging")):
                _read_event(event, batch)
        return {"messenger": batch}

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        message: dict[str, Any] = {"text": body["text"]}
        if buttons := body.get("buttons"):
            message["quick_replies"] = [
                {"content_type": "text", "title": button["title"], "payload": button["payload"]} for button in buttons
            ]
        sent = {"recipient": {"id": address}, "messaging_type": "RESPONSE", "message": message}
        headers = {"Authorization": f"Bearer {self._settings['MESSENGER_PAGE_TOKEN']}"}
        url = f"{meta.GRAPH}/{self._settings['MESSENGER_PAGE_ID']}/messages"
        try:
            told = await post("messenger", url, json=sent, headers=headers)
        except ApiError as error:
            raise meta.read_error(error) from None
        return a_text(told.get("message_id")) or None

    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        page, now = self._settings["MESSENGER_PAGE_ID"], int(time.time() * 1000)
        message = {"mid": f"m_{secrets.token_hex(16)}", "text": text}
        event = {"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": now, "message": message}
        body = json.dumps({"object": "page", "entry": [{"id": page, "time": now, "messaging": [event]}]}).encode()
        signature = meta.sign(body, self._settings["MESSENGER_APP_SECRET"])
        return {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}, body

    @property
    def _settings(self) -> Any:
        return self.settings["messenger"]


def _read_event(event: Mapping[str, Any], batch: Batch) -> None:
    sender = a_text(an_object(event.get("sender")).get("id"))
    message, postback = an_object(event.get("message")), an_object(event.get("postback"))
    if delivery := an_object(event.get("delivery")):
        mids = delivery.get("mids")
        for mid in mids if isinstance(mids, list) else []:
            batch.statuses.append(Status(a_text(mid), deliveries.DELIVERED))
    elif not sender or message.get("is_echo") or message.get("is_deleted"):
        batch.ignored.append("echo" if message else "no_sender")
    elif message and a_text(message.get("mid")):
        batch.messages.append(_message(sender, message))
    elif postback:
        batch.messages.append(_postback(sender, postback, a_text(event.get("timestamp"))))
    else:
        batch.ignored.append("other_event")  # read, reaction, opt-in, hand-over


def _message(sender: str, message: Mapping[str, Any]) -> Received:
    payload = a_text(an_object(message.get("quick_reply")).get("payload")) or None
    attached = objects(message.get("attachments"))
    kind = _KINDS.get(a_text(attached[0].get("type")), received.OTHER) if attached else None
    if message.get("sticker_id") or (attached and an_object(attached[0].get("payload")).get("sticker_id")):
        kind = received.STICKER
    return Received(sender, a_text(message["mid"]), a_text(message.get("text")), payload, kind)


def _postback(sender: str, postback: Mapping[str, Any], at: str) -> Received:
    payload, title = a_text(postback.get("payload")), a_text(postback.get("title"))
    message_id = a_text(postback.get("mid")) or f"{sender}.{at}"
    if payload == _STARTED:
        return Received(sender, message_id, "start")
    return Received(sender, message_id, title, payload or None)

"""Telegram: `POST /webhooks/telegram/webhook`, set by `setWebhook` with the same `secret_token`."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from sanic.request import Request

from assistant.channels import meta, received
from assistant.channels.base import MessagingChannel
from assistant.channels.courier import SendRefused
from assistant.channels.http import ApiError, post
from assistant.channels.incoming import Refused
from assistant.channels.meta import a_text, an_object, objects
from assistant.channels.received import Batch, Membership, Received
from assistant.conversations import addresses

_API = "https://api.telegram.org/bot{token}/{method}"
_SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
_KINDS = {
    "photo": received.PICTURE,
    "voice": received.VOICE,
    "audio": received.VOICE,
    "video": received.VIDEO,
    "video_note": received.VIDEO,
    "animation": received.VIDEO,
    "sticker": received.STICKER,
    "document": received.FILE,
    "location": received.LOCATION,
    "venue": received.LOCATION,
    "contact": received.CONTACT,
    "poll": received.OTHER,
    "dice": received.OTHER,
}
_GONE = frozenset({"kicked", "left"})


class TelegramChannel(MessagingChannel):
    """One bot of Telegram, in private chats."""

    channels = ("telegram",)

    @classmethod
    def name(cls) -> str:
        return "telegram"

    def verify(self, request: Request) -> None:
        """By the secret token that was given to `setWebhook`."""
        given = request.headers.get(_SECRET, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._settings["TELEGRAM_WEBHOOK_SECRET"].encode()):
            raise Refused(403, "The request does not hold the secret token.")

    def read(self, request: Request) -> dict[str, Batch]:
        update, batch = meta.read_json(request), Batch()
        message, pressed = an_object(update.get("message")), an_object(update.get("callback_query"))
        edited, member = an_object(update.get("edited_message")), an_object(update.get("my_chat_member"))
        if not a_text(update.get("update_id")):
            raise Refused(400, "This is no update.")
        if not _is_private(message or edited or member or an_object(pressed.get("message"))):
            batch.ignored.append("no_private_chat")
        elif pressed:
            batch.messages += _pressed(pressed)
        elif member:
            status = a_text(an_object(member.get("new_chat_member")).get("status"))
            batch.memberships.append(Membership(_chat(member), status in _GONE))
        elif message or edited:
            batch.messages += _message(message or edited, is_edit=not message)
        if not batch.messages and not batch.memberships and not batch.ignored:
            batch.ignored.append("other_update")
        return {"telegram": batch}

    async def after(self, request: Request) -> None:
        """Tell Telegram that the press of a button has arrived, else it shows a spinner."""
        pressed = an_object(json.loads(request.body).get("callback_query"))
        if query_id := a_text(pressed.get("id")):
            await self._ask("answerCallbackQuery", {"callback_query_id": query_id})

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        message: dict[str, Any] = {"chat_id": int(address), "text": body["text"]}
        message["link_preview_options"] = {"is_disabled": True}
        if buttons := body.get("buttons"):
            keys = [[{"text": button["title"], "callback_data": button["payload"]}] for button in buttons]
            message["reply_markup"] = {"inline_keyboard": keys}
        try:
            told = await self._ask("sendMessage", message)
        except ApiError as error:
            is_blocked = error.status == 403  # https://core.telegram.org/api/errors#403-forbidden
            raise SendRefused(f"Telegram {error.status}", addresses.PLATFORM if is_blocked else None) from None
        return a_text(an_object(told.get("result")).get("message_id")) or None

    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        number, chat = secrets.randbelow(2**31), int(sender)
        who = {"id": chat, "is_bot": False, "first_name": "Visitor"}
        message = {"message_id": number, "from": who, "chat": {"id": chat, "type": "private"}, "date": int(time.time())}
        body = json.dumps({"update_id": number, "message": {**message, "text": text}}).encode()
        return {"X-Telegram-Bot-Api-Secret-Token": self._settings["TELEGRAM_WEBHOOK_SECRET"]}, body

    async def _ask(self, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
        url = _API.format(token=self._settings["TELEGRAM_BOT_TOKEN"], method=method)
        return await post("telegram", url, json=dict(content))

    @property
    def _settings(self) -> Any:
        return self.settings["telegram"]


def _is_private(message: Mapping[str, Any]) -> bool:
    """Whether only its visitor reads a chat: nobody is asked about their health in a group."""
    return an_object(message.get("chat")).get("type") == "private" and bool(_chat(message))


def _chat(message: Mapping[str, Any]) -> str:
    chat = an_object(message.get("chat")).get("id")
    return str(chat) if isinstance(chat, int) and not isinstance(chat, bool) else ""


def _message(message: Mapping[str, Any], *, is_edit: bool) -> list[Received]:
    number = a_text(message.get("message_id"))
    if not number or an_object(message.get("from")).get("is_bot"):
        return []
    text = a_text(message.get("text")) or a_text(message.get("caption"))
    kind = next((kind for name, kind in _KINDS.items() if name in message), None)
    if not text and not kind:
        return []  # a notice of the platform: somebody pinned, a timer was set
    if is_edit:
        edited_at = a_text(message.get("edit_date"))
        return [Received(_chat(message), f"{_chat(message)}.{number}.{edited_at}", text, kind=received.EDIT)]
    return [Received(_chat(message), f"{_chat(message)}.{number}", text, kind=kind)]


def _pressed(pressed: Mapping[str, Any]) -> list[Received]:
    message, payload, query_id = (
        an_object(pressed.get("message")),
        a_text(pressed.get("data")),
        a_text(pressed.get("id")),
    )
    rows = an_object(message.get("reply_markup")).get("inline_keyboard")
    keys = [key for row in (rows if isinstance(rows, list) else []) for key in objects(row)]
    title = next((a_text(key.get("text")) for key in keys if key.get("callback_data") == payload), "")
    return [Received(_chat(message), f"press.{query_id}", title, payload)] if payload and query_id else []

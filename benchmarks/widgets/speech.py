"""What the widgets speak with their servers: just enough of each that a message is answered."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import socketio
from aiohttp import web

# What a visitor sends, and the text that comes back.
REPLIES = {"one": "BP <140/90 and >90/60", "two": "1_2 * 3", "three": "[x](javascript:alert(1))"}


def webchat(app: web.Application) -> None:
    """Ours, see assistant/channels/webchat.openapi.yml."""
    said: list[dict[str, Any]] = []

    def add(key: str, author: str, text: str) -> None:
        message = {"id": len(said) + 1, "key": key, "from": author, "text": text, "at": time.time(), "buttons": []}
        said.append({**message, "source": None, "danger": None, "booking": None, "rateable": False, "rating": None})

    async def session(_: web.Request) -> web.Response:
        return web.json_response({"token": "token", "expires_at": int(time.time()) + 3600}, status=201)

    async def messages(request: web.Request) -> web.Response:
        arrival = await request.json()
        before = len(said)
        add(arrival["id"], "visitor", arrival["text"])
        add(f"{arrival['id']}.0", "assistant", REPLIES[arrival["text"]])
        return web.json_response({"messages": said[before:]})

    async def history(request: web.Request) -> web.Response:
        after = int(request.query.get("after", 0))
        return web.json_response({"messages": said[after:], "typing": False, "more": False})

    async def events(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        sent = int(request.query.get("after", 0))
        while True:
            for message in said[sent:]:
                await stream.write(f"id: {message['id']}\nevent: message\ndata: {json.dumps(message)}\n\n".encode())
            sent = len(said)
            await asyncio.sleep(0.1)

    app.router.add_post("/webhooks/webchat/session", session)
    app.router.add_post("/webhooks/webchat/messages", messages)
    app.router.add_get("/webhooks/webchat/history", history)
    app.router.add_get("/webhooks/webchat/events", events)


def socketio_of_rasa(app: web.Application) -> None:
    """The events of Rasa's socket.io channel, by their default names."""
    server = socketio.AsyncServer(async_mode="aiohttp")
    server.attach(app)

    async def session_request(sid: str, data: dict[str, Any] | None) -> None:
        await server.emit("session_confirm", (data or {}).get("session_id") or sid, room=sid)

    async def user_uttered(sid: str, data: dict[str, Any]) -> None:
        if "message" in data:  # the first is empty where the page names no opening message
            await server.emit("bot_uttered", {"text": REPLIES[data["message"]]}, room=sid)

    server.on("session_request", session_request)
    server.on("user_uttered", user_uttered)


def open_chat_studio(app: web.Application) -> None:
    """A session, a task for each message, and the answer when the task is asked for."""
    tasks: list[str] = []

    async def start(_: web.Request) -> web.Response:
        return web.json_response({"session_id": "session", "chatbot": {}, "participant": {}}, status=201)

    async def message(request: web.Request) -> web.Response:
        tasks.append(REPLIES[(await request.json())["message"]])
        return web.json_response({"task_id": str(len(tasks) - 1), "status": "processing"}, status=202)

    async def task(request: web.Request) -> web.Response:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        answer = {"role": "assistant", "created_at": now, "content": tasks[int(request.match_info["task"])]}
        return web.json_response({"message": answer, "status": "complete"})

    async def poll(_: web.Request) -> web.Response:
        return web.json_response({"messages": [], "has_more": False, "session_status": "active"})

    app.router.add_post("/api/chat/start/", start)
    app.router.add_post("/api/chat/session/message/", message)
    app.router.add_get("/api/chat/session/poll/", poll)
    app.router.add_get("/api/chat/session/{task}/poll/", task)


def deep_chat(app: web.Application) -> None:
    """One address that takes what was said and gives a text."""

    async def chat(request: web.Request) -> web.Response:
        said = (await request.json())["messages"][-1]["text"]
        return web.json_response({"text": REPLIES[said]})

    app.router.add_post("/chat", chat)

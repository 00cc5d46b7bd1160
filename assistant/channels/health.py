"""`GET /healthz`: this process lives. `GET /readyz`: it can answer a visitor now, and with which model."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant import logs, metrics, quick_start
from assistant.action_server import limit_waiting
from assistant.channels.problems import answer_problems
from assistant.channels.service import ChatService
from assistant.database import CONVERSATIONS
from assistant.live_model import ModelFollower
from assistant.model_guard import guard_models
from assistant.readiness import Readiness, problem_of
from assistant.server import PROCESS
from assistant.server_metrics import ServerCollector
from assistant.startup import begin
from assistant.store import conversation_store

_NO_STORE = "the conversation store does not answer"


class HealthEndpoint(InputChannel):
    """Not a channel of visitors: Rasa lets nothing else add routes to its server."""

    def __init__(self) -> None:
        logs.configure(PROCESS)  # the first that Rasa lets us do

    @classmethod
    def name(cls) -> str:
        return "health"

    def url_prefix(self) -> str:
        return "/"

    def blueprint(self, on_new_message: Any) -> Blueprint:
        """The routes, and what else the server process needs from its start."""
        routes = Blueprint("health")
        readiness: list[Readiness] = []

        @routes.listener("before_server_start")
        async def prepare(app: Sanic, _: Any) -> None:
            guard_models()
            limit_waiting()
            answer_problems(app)
            readiness[:] = [Readiness(lambda: _store_problem(app), _NO_STORE)]
            if not getattr(app.ctx, "is_measured", False):
                metrics.SERVER.register(ServerCollector(lambda: getattr(app.ctx, "agent", None)))
                app.ctx.is_measured = True
            begin(PROCESS, metrics.SERVER)
            app.add_task(ModelFollower().follow(app))

        @routes.listener("after_server_start")
        async def loaded(app: Sanic, _: Any) -> None:
            quick_start.loaded()  # with a model or without

        @routes.get("/healthz")
        async def alive(request: Request) -> HTTPResponse:
            return response.json({"alive": True})

        @routes.get("/readyz")
        async def ready(request: Request) -> HTTPResponse:
            problem = model_problem(request.app) or await readiness[0].problem()
            if problem:
                return response.json({"ready": False, "problem": problem}, status=503)
            return response.json({"ready": True, "model": request.app.ctx.agent.model_name})

        return routes


def model_problem(app: Sanic) -> str | None:
    """What is missing before a first message is answered as fast as any other; None if nothing is."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        return "the model is not loaded"
    chat: ChatService | None = getattr(app.ctx, "chat_service", None)
    return "the word lists are being read" if chat and not chat.is_warm else None


def _store_problem(app: Sanic) -> str | None:
    store = conversation_store(app.ctx.agent.tracker_store)
    store.ping()  # at once while the database is left alone for a moment; builds the tables where that is still due
    return problem_of({CONVERSATIONS: store.engine})

"""`GET /readyz`: whether this server can answer a visitor now, and with which model."""

from __future__ import annotations

from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.action_server import limit_waiting
from assistant.channels.problems import answer_problems
from assistant.live_model import ModelFollower
from assistant.store import conversation_store

logger = structlog.get_logger()


class HealthEndpoint(InputChannel):
    """Not a channel of visitors: Rasa lets nothing else add routes to its server."""

    @classmethod
    def name(cls) -> str:
        return "health"

    def url_prefix(self) -> str:
        return "/"

    def blueprint(self, on_new_message: Any) -> Blueprint:
        """The route `/readyz`."""
        routes = Blueprint("health")

        @routes.listener("before_server_start")
        async def prepare(app: Sanic, _: Any) -> None:
            limit_waiting()
            answer_problems(app)
            app.add_task(ModelFollower().follow(app))

        @routes.get("/readyz")
        async def ready(request: Request) -> HTTPResponse:
            problem = await _problem(request)
            if problem:
                return response.json({"ready": False, "problem": problem}, status=503)
            return response.json({"ready": True, "model": request.app.ctx.agent.model_name})

        return routes


async def _problem(request: Request) -> str | None:
    agent = getattr(request.app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        return "the model is not loaded"
    try:
        conversation_store(agent.tracker_store).ping()
    except Exception as error:  # any failure of the store means the same to whoever asks
        logger.error("health.store.failed", reason=type(error).__name__)
        return "the conversation store does not answer"
    return None

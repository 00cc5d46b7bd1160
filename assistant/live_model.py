"""Changes the model of the running server when another one is put live; no message is lost or waits for it.

The new model is loaded and tried in a thread while the old one answers. The change itself is one assignment: a message
that is being answered holds on to the model that it began with.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from sanic import Sanic

from assistant import live_pointer, quick_start
from assistant.live_pointer import LiveModel
from assistant.nlu import encoder
from assistant.nlu.encoder import SentenceEncoderFeaturizer
from assistant.training import fingerprint

logger = structlog.get_logger()

_TICK = 1.0  # seconds between looks at the pointer
_KEPT = 60.0  # seconds after which no message is under way with the model before; giving it up takes a moment
_TRIAL = "what are the side effects?"

_Seen = tuple[int, int] | None


class ModelFollower:
    """Keeps one server process at the model that is live."""

    def __init__(self) -> None:
        self._seen: _Seen = None
        self._is_first = True

    async def follow(self, app: Sanic) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(_TICK)
            agent = getattr(app.ctx, "agent", None)
            if agent is not None and agent.is_ready():
                await self.look(agent)

    async def look(self, agent: Agent) -> None:
        """Change to the live model if it is another one. One that cannot be loaded is logged, and the old one stays."""
        try:
            live = await asyncio.to_thread(self._changed)
            if live and live.path != agent.processor.model_path:
                await self._change_to(live, agent)
        except Exception as error:  # the old model answers on, whatever is wrong with the new one
            logger.error("live_model.failed", error_id=secrets.token_hex(4), reason=type(error).__name__)

    def _changed(self) -> LiveModel | None:
        """What the pointer names, if it was written since the last look.

        At the first look, only if that was published on top of the present training data: an older pointer would undo
        a newer training.
        """
        seen, is_first = _signature(), self._is_first
        self._is_first = False
        if seen == self._seen:
            return None
        self._seen = seen
        live = live_pointer.read()
        return None if live is None or (is_first and live.base != fingerprint()) else live

    async def _change_to(self, live: LiveModel, agent: Agent) -> None:
        processor, is_same_domain = await asyncio.to_thread(load, live, agent)
        if not is_same_domain:
            agent.domain = agent.tracker_store.domain = processor.domain
            agent.nlg.responses = processor.domain.responses
        asyncio.get_running_loop().call_later(_KEPT, _give_up, agent.processor)
        agent.processor = processor
        logger.info("live_model.changed", model=live.path.name, publication=live.publication)


def load(live: LiveModel, agent: Agent) -> tuple[MessageProcessor, bool]:
    """Load a model beside the agent's own, and let it read a message.

    Returns: the model, and whether slots, forms and answers are those of the agent's own.

    Raises: ModelChanged, ModelNotListed, OSError, and whatever is wrong with the model.
    """
    live.check()
    with _uncollected(), _shared_encoder(agent):
        processor = MessageProcessor(
            model_path=live.path,
            tracker_store=agent.tracker_store,
            lock_store=agent.lock_store,
            action_endpoint=agent.action_endpoint,
            generator=agent.nlg,
            http_interpreter=agent.http_interpreter,
        )
        asyncio.run(processor.parse_message(UserMessage(_TRIAL)))
        return processor, processor.domain.fingerprint() == agent.domain.fingerprint()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of unused objects away.

    It would stop all threads, for a second, to look through all that was ever loaded, and find nothing: a model that
    nobody holds any more is given up without it.
    """
    gc.disable()
    try:
        yield
    finally:
        quick_start.loaded()


@contextmanager
def _shared_encoder(agent: Agent) -> Iterator[None]:
    """Let the new model use the agent's sentence encoder, which is not trained.

    To load a second one would stop all threads for half a second.
    """
    components = [node._component for node in agent.processor.graph_runner._instantiated_nodes.values()]
    used = [component._encoder for component in components if isinstance(component, SentenceEncoderFeaturizer)]
    builds = vars(encoder)["SentenceEncoder"]
    if used:
        setattr(encoder, "SentenceEncoder", lambda: used[0])  # noqa: B010 - to a type checker it is a class
    try:
        yield
    finally:
        setattr(encoder, "SentenceEncoder", builds)  # noqa: B010


def _give_up(_: MessageProcessor) -> None:
    """Hold a model no longer."""


def _signature() -> _Seen:
    try:
        found = live_pointer.pointer().stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino

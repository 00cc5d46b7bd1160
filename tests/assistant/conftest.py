"""The trained assistant in this process."""

from __future__ import annotations

import pytest
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

from assistant.training import train

from ..conftest import free_port


@pytest.fixture(scope="session")
def agent() -> Agent:
    """The trained assistant, with an action server that is down."""
    nowhere = EndpointConfig(f"http://127.0.0.1:{free_port()}/webhook")
    return Agent.load(
        str(train()), generator=EndpointConfig(type="assistant.answers.ClinicAnswers"), action_endpoint=nowhere
    )

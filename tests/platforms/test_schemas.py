"""The schemas of the stand-in are schemas, and refuse what the platforms refuse."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tests.conftest import load_yaml

SCHEMAS = load_yaml("tests/platforms/schemas.yml")
TOO_MUCH: dict[str, Any] = {
    "twilio": {"To": "+14155550123", "From": "+14155550100", "Body": "x" * 1601},
    "whatsapp": {"messaging_product": "whatsapp", "to": "14155550123", "type": "text", "text": {"body": "x" * 4097}},
    "messenger": {"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": {"text": "x" * 2001}},
    "telegram": {"chat_id": 1, "text": "x" * 4097},
    "slack": {"channel": "D1", "text": "x", "blocks": [{"type": "actions", "elements": []}]},
}


@pytest.mark.parametrize("platform", SCHEMAS)
def test_a_schema(platform: str) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMAS[platform])
    validator = jsonschema.Draft7Validator(SCHEMAS[platform])
    assert not validator.is_valid(TOO_MUCH[platform])
    assert not validator.is_valid({})

"""A channel is on with all its variables and off with none; half of them stop the start with every missing name."""

from __future__ import annotations

import pytest

from assistant.channels.table import TABLE, ChannelSettingsError, configured
from tests.platforms.inbound import ENVIRONMENT


def test_all_are_off_by_default_and_on_with_their_variables() -> None:
    assert configured({}) == {}
    assert configured({name: " " for name in ENVIRONMENT}) == {}
    assert set(configured(ENVIRONMENT)) == set(TABLE)


def test_one_may_be_on_alone() -> None:
    sms = {name: ENVIRONMENT[name] for name in TABLE["sms"].variables}
    assert list(configured(sms)) == ["sms"]


@pytest.mark.parametrize("missing", [name for name in ENVIRONMENT if name != "TWILIO_WHATSAPP_NUMBER"])
def test_a_missing_variable_is_named(missing: str) -> None:
    some = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    if missing == "TWILIO_NUMBER":  # the account can serve WhatsApp alone
        assert "sms" not in configured(some)
        return
    with pytest.raises(ChannelSettingsError, match=missing):
        configured(some)


def test_all_missing_variables_of_all_channels_are_named_at_once_without_a_value() -> None:
    with pytest.raises(ChannelSettingsError) as raised:
        configured(
            {"SLACK_APP_ID": "A1-of-tests", "TELEGRAM_BOT_TOKEN": "1:x-of-tests", "TWILIO_AUTH_TOKEN": "y-of-tests"}
        )
    said = str(raised.value)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "TELEGRAM_WEBHOOK_SECRET"):
        assert name in said
    assert "of-tests" not in said

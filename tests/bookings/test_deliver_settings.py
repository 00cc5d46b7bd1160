from __future__ import annotations

from datetime import datetime, timezone

import pytest

from bookings.deliver import DeliverySettingsError, configured_senders, configured_targets
from bookings.models import Target
from tests.bookings.delivery import CLINIC, SECRET

VARIABLES = ("SMTP_URL", "MAIL_FROM", "STAFF_EMAIL", "CONSOLE_URL", "BOOKING_WEBHOOK_URL", "BOOKING_WEBHOOK_SECRET")
MAIL = {"SMTP_URL": "smtp://localhost", "MAIL_FROM": "no-reply@clinic.test"}
HOOK = {"BOOKING_WEBHOOK_URL": "https://crm.clinic.test/hook", "BOOKING_WEBHOOK_SECRET": SECRET}


@pytest.mark.parametrize(
    ("env", "targets"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param(MAIL, {Target.VISITOR_EMAIL}, id="mail"),
        pytest.param({**MAIL, "STAFF_EMAIL": "a@b.test"}, {Target.VISITOR_EMAIL, Target.STAFF_EMAIL}, id="staff"),
        pytest.param(HOOK, {Target.WEBHOOK}, id="webhook"),
        pytest.param({**MAIL, **HOOK, "STAFF_EMAIL": "a@b.test"}, set(Target), id="all"),
        pytest.param({"CONSOLE_URL": "https://console.test"}, set(), id="the console alone tells nobody"),
    ],
)
def test_targets_follow_from_the_environment(
    env: dict[str, str], targets: set[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, env.get(name, ""))
    assert configured_targets() == targets
    assert set(configured_senders(CLINIC, lambda: datetime.now(timezone.utc))) == targets


@pytest.mark.parametrize(
    ("env", "named"),
    [
        pytest.param({"STAFF_EMAIL": "a@b.test"}, ["SMTP_URL", "MAIL_FROM"], id="staff without a server"),
        pytest.param({"SMTP_URL": "smtp://localhost"}, ["MAIL_FROM"], id="no sender"),
        pytest.param({"MAIL_FROM": "a@b.test"}, ["SMTP_URL"], id="no server"),
        pytest.param({**MAIL, "STAFF_EMAIL": "a@b.test, nobody"}, ["STAFF_EMAIL"], id="half an address"),
        pytest.param({**MAIL, "MAIL_FROM": "Clinic"}, ["MAIL_FROM"], id="no address"),
        pytest.param({**MAIL, "SMTP_URL": "http://u:hunter2@localhost"}, ["SMTP_URL"], id="no mail server"),
        pytest.param({**MAIL, "SMTP_URL": "smtp://u:hunter2@host:port"}, ["SMTP_URL"], id="no port"),
        pytest.param({**MAIL, "SMTP_URL": "smtp://u:hunter2@host?tls=1"}, ["SMTP_URL"], id="unknown option"),
        pytest.param({**MAIL, "SMTP_URL": "smtp://u:hunter2@host?starttls=on"}, ["SMTP_URL"], id="unknown value"),
        pytest.param({**MAIL, "CONSOLE_URL": "javascript:alert(1)"}, ["CONSOLE_URL"], id="no web address"),
        pytest.param({"BOOKING_WEBHOOK_URL": "https://a.test"}, ["BOOKING_WEBHOOK_SECRET"], id="no secret"),
        pytest.param({"BOOKING_WEBHOOK_SECRET": SECRET}, ["BOOKING_WEBHOOK_URL"], id="no address of the webhook"),
        pytest.param({**HOOK, "BOOKING_WEBHOOK_URL": "http://crm.test"}, ["BOOKING_WEBHOOK_URL"], id="unencrypted"),
        pytest.param(
            {"STAFF_EMAIL": "a@b.test", "BOOKING_WEBHOOK_URL": "http://crm.test"},
            ["SMTP_URL", "MAIL_FROM", "BOOKING_WEBHOOK_URL", "BOOKING_WEBHOOK_SECRET"],
            id="all at once",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named_all_at_once(
    env: dict[str, str], named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, env.get(name, ""))
    with pytest.raises(DeliverySettingsError) as error:
        configured_targets()
    for name in named:
        assert f"{name} " in str(error.value)
    assert "hunter2" not in str(error.value) and SECRET not in str(error.value)

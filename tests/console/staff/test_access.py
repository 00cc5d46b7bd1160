"""Who is let in: every route × every role × nobody; forms of other sites; guesses; sessions that end."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pyotp
import pytest

from console.staff.policy import PERMISSIONS, POLICY, Permission, Role, Rule
from console.staff.sessions import IDLE, LONGEST
from tests.console.staff.conftest import PEOPLE, Colleague, Console

EXAMPLES = {
    "<conversation_id:str>": "webchat:0",
    "<reference:str>": "SR-X",
    "<number:int>": "7",
    "<name:str>": "nobody",
}


def path_of(rule: Rule) -> str:
    path = rule.path
    for part, example in EXAMPLES.items():
        path = path.replace(part, example)
    return re.sub(r"<\w+:str>", "x1", path)


def ask(colleague: Colleague, rule: Rule) -> httpx.Response:
    return colleague.get(path_of(rule)) if rule.method == "GET" else colleague.post(path_of(rule))


def sign_in(console: Console, name: str, password: str, code: str = "", **headers: str) -> httpx.Response:
    form = {"name": name, "password": password, "code": code}
    return console.as_(None).client.post("/staff/sign-in", data=form, headers=headers)


@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_each_route_lets_in_whom_the_policy_names(console: Console, role: Role | None) -> None:
    for name, rule in POLICY.items():
        if name == "sign_out" or rule.permission is None:
            continue
        status = ask(console.as_(role), rule).status_code
        if role is None:
            assert status in (302, 401), name
        elif rule.permission in PERMISSIONS[role]:
            assert status not in (401, 403) and status < 500, name
        else:
            assert status == 403, name
    if role is not None:
        denied = [entry for entry in console.trail(actor=PEOPLE[role][0]) if entry.action == "denied"]
        assert len(denied) == sum(one.permission not in {None, *PERMISSIONS[role]} for one in POLICY.values())


def test_a_path_without_a_row_is_not_there(console: Console) -> None:
    assert console.as_(Role.ADMIN).get("/secret").status_code == 404


def test_every_page_that_shows_something_is_in_the_audit_trail() -> None:
    looks = {name for name, rule in POLICY.items() if rule.permission and not rule.audited}
    assert looks == {"counts", "news", "meanings", "publication_progress"}, "looks that go on with an audited view"


def test_without_the_audit_trail_nothing_is_shown(console: Console) -> None:
    colleague = console.as_(Role.ADMIN)
    with console.parts.staff.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_away")
    reply = colleague.get("/account")
    assert reply.status_code == 503 and "Ada" not in reply.text


def test_a_form_of_another_site_or_session_does_nothing(console: Console) -> None:
    colleague, other = console.as_(Role.ADMIN), console.as_(Role.ADMIN)
    old, new = "a good password of admins", "a password of an attacker"
    fields = {"old": old, "new": new, "again": new}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}):
        sent = {"csrf": colleague.csrf, **fields}
        assert colleague.client.post("/staff/account/password", data=sent, headers=headers).status_code == 403
    for csrf in ("", "x", other.csrf):
        assert colleague.client.post("/staff/account/password", data={"csrf": csrf, **fields}).status_code == 403
    assert sign_in(console, "ada", old).status_code == 303


def test_a_session_is_new_at_sign_in_and_gone_after_sign_out(console: Console) -> None:
    forged = "a-token-that-somebody-has-planted"
    reply = sign_in(console, "ada", "a good password of admins", Cookie=f"__Host-staff={forged}")
    cookie = reply.headers["set-cookie"]
    assert reply.status_code == 303 and forged not in cookie
    assert all(word in cookie for word in ("__Host-staff=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"))
    assert "Domain" not in cookie
    colleague = console.as_(Role.ADMIN)
    assert colleague.get("/account").status_code == 200
    colleague.post("/sign-out")
    assert colleague.get("/account").status_code == 302


@pytest.mark.parametrize("seconds", [IDLE + 1, LONGEST + 1])
def test_a_session_ends_by_itself(console: Console, seconds: int) -> None:
    colleague = console.as_(Role.ADMIN)
    for _ in range(seconds // (IDLE - 60)):
        console.clock.at += IDLE - 60
        if seconds < LONGEST:
            break
        colleague.get("/account")
    console.clock.at += seconds % (IDLE - 60) + (IDLE if seconds < LONGEST else 0)
    assert colleague.get("/account").status_code == 302


def test_a_disabled_account_is_out_at_once(console: Console) -> None:
    colleague = console.as_(Role.FRONT_DESK)
    console.parts.accounts.disable("frida")
    assert colleague.get("/account").status_code == 302
    assert sign_in(console, "frida", "a good password of front_desks").status_code == 403


def test_a_thousand_guesses_are_stopped_after_five(console: Console) -> None:
    stranger = console.as_(None)
    statuses = [
        stranger.client.post("/staff/sign-in", data={"name": "ada", "password": f"guess {i}"}).status_code
        for i in range(1000)
    ]
    assert statuses[:5] == [403] * 5 and set(statuses[5:]) == {429}
    assert sign_in(console, "ada", "a good password of admins").status_code == 429
    console.clock.at += 15 * 60 + 1
    assert sign_in(console, "ada", "a good password of admins").status_code == 303


def test_an_address_that_tries_many_accounts_is_stopped(console: Console) -> None:
    statuses = [sign_in(console, f"name{i}", "guess").status_code for i in range(30)]
    assert statuses == [403] * 20 + [429] * 10


def test_a_wrong_name_and_a_wrong_password_look_the_same(console: Console) -> None:
    wrong_name, wrong_password = sign_in(console, "nobody", "x"), sign_in(console, "ada", "x")
    assert wrong_name.text.replace("nobody", "ada") == wrong_password.text


def test_only_a_page_of_ours_is_opened_after_sign_in(console: Console) -> None:
    for to, wanted in (
        ("/staff/bookings", "/staff/bookings"),
        ("https://evil.example", "/staff"),
        ("//evil.example", "/staff"),
        ("/staff//evil.example", "/staff"),
        ("/staff/\\evil", "/staff"),
    ):
        form = {"name": "ada", "password": "a good password of admins", "to": to}
        reply = httpx.post(f"{console.url}/staff/sign-in", data=form, headers={"Origin": console.url})
        assert reply.headers["location"] == wanted


def test_a_first_password_has_to_be_changed(console: Console) -> None:
    first = console.parts.accounts.add("nina", "Nina New", Role.ADMIN)
    assert sign_in(console, "nina", first).status_code == 303
    token = console.parts.sessions.begin("nina")
    signed_in = console.parts.sessions.read(token)
    assert signed_in is not None
    client = httpx.Client(base_url=console.url, headers={"Origin": console.url, "Cookie": f"__Host-staff={token}"})
    nina = Colleague(client, signed_in.csrf)
    for page in ("/people", "", "/counts"):
        assert nina.get(page).headers["location"] == "/staff/account"
    assert "<nav" not in nina.get("/account").text, "there is nowhere else to go yet"
    for new in ("short", "aaaaaaaaaaaaaaaa", "nina is my name", first):
        assert nina.post("/account/password", old=first, new=new, again=new).status_code == 422
    assert nina.post("/account/password", old=first, new="a long new password", again="another").status_code == 422
    changed = nina.post("/account/password", old=first, new="a long new password", again="a long new password")
    assert changed.status_code == 303 and "__Host-staff" in changed.headers["set-cookie"]
    assert nina.get("/account").status_code == 302, "every other session has ended"
    client.close()


def test_a_code_of_an_authenticator_app_is_asked_for_and_taken_once(console: Console) -> None:
    ada = console.as_(Role.ADMIN)
    secret = console.parts.accounts.new_totp_secret()
    assert ada.post("/account/totp", secret=secret, code="000000").status_code == 422
    code = pyotp.TOTP(secret).at(console.clock.at)
    assert ada.post("/account/totp", secret=secret, code=code).status_code == 303
    assert sign_in(console, "ada", "a good password of admins").status_code == 403
    assert sign_in(console, "ada", "a good password of admins", code).status_code == 403, (
        "it was used to set up the app"
    )
    console.clock.at += 30
    code = pyotp.TOTP(secret).at(console.clock.at)
    assert sign_in(console, "ada", "a good password of admins", code).status_code == 303
    assert sign_in(console, "ada", "a good password of admins", code).status_code == 403


def test_admins_need_an_app_where_the_clinic_says_so(start_console: Callable[..., Console]) -> None:
    console = start_console(totp_for_admins=True)
    assert console.as_(Role.ADMIN).get("/people").headers["location"] == "/staff/account"
    assert console.as_(Role.ADMIN).get("/account").status_code == 200
    assert console.as_(Role.FRONT_DESK).get("/bookings").status_code == 200


def test_permissions_are_deliberate() -> None:
    assert Permission.AUDIT not in PERMISSIONS[Role.FRONT_DESK] | PERMISSIONS[Role.CLINICIAN]
    assert Permission.READ not in PERMISSIONS[Role.AUDITOR]

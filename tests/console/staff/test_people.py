"""Accounts: made, changed and closed by admins; there is always one."""

from __future__ import annotations

import re

from console.staff.accounts import SignInRefused
from console.staff.policy import Role
from tests.console.staff.conftest import Console, words_of

PASSWORD = re.compile(r'<code class="secret">([a-z0-9-]{19})</code>')


def test_a_first_password_is_shown_once(console: Console) -> None:
    admin = console.as_(Role.ADMIN)
    reply = admin.post("/people", name="Nina.N", display_name=" Nina  New ", role="clinician")
    found = PASSWORD.search(reply.text)
    assert reply.status_code == 200 and found
    nina = console.parts.accounts.sign_in("nina.n", found[1], "", "1.2.3.4")
    assert (nina.display_name, nina.role, nina.must_change) == ("Nina New", Role.CLINICIAN, True)
    page = admin.get("/people")
    assert found[1] not in page.text and "has not chosen a password yet" in words_of(page)
    assert found[1] not in "".join(str(entry) for entry in console.trail())
    made = next(entry for entry in console.trail() if entry.action == "person.made")
    assert (made.actor, made.object, made.detail) == ("ada", "nina.n", {"is_now": "clinician"})


def test_what_cannot_be_added_is_said_in_words_and_stays_in_the_form(console: Console) -> None:
    admin = console.as_(Role.ADMIN)
    for fields, words in (
        ({"name": "ada", "display_name": "Another Ada", "role": "admin"}, "There is an account of that name."),
        ({"name": "1", "display_name": "One", "role": "admin"}, "a letter first"),
        ({"name": "nina", "display_name": "", "role": "admin"}, "Write the person"),
        ({"name": "nina", "display_name": "Nina", "role": "owner"}, "Choose a role."),
    ):
        reply = admin.post("/people", **fields)
        assert reply.status_code == 422 and words in words_of(reply).replace("&#39;", "'")
        assert f'value="{fields["name"]}"' in reply.text
    assert len(console.parts.accounts.all()) == 4


def test_a_role_changes_what_they_may_at_once(console: Console) -> None:
    frida = console.as_(Role.FRONT_DESK)
    assert frida.get("/people").status_code == 403
    assert console.as_(Role.ADMIN).post("/people/frida/role", role="admin").status_code == 303
    assert frida.get("/people").status_code == 200
    assert console.as_(Role.ADMIN).post("/people/frida/role", role="god").status_code == 422
    assert console.as_(Role.ADMIN).post("/people/nobody/role", role="admin").status_code == 422


def test_a_lost_password_is_replaced_and_old_sessions_end(console: Console) -> None:
    frida = console.as_(Role.FRONT_DESK)
    reply = console.as_(Role.ADMIN).post("/people/frida/password")
    found = PASSWORD.search(reply.text)
    assert found and console.parts.accounts.sign_in("frida", found[1], "", "1.2.3.4").must_change
    assert frida.get("/account").status_code == 302


def test_somebody_who_left_is_out_and_can_come_back(console: Console) -> None:
    admin, frida = console.as_(Role.ADMIN), console.as_(Role.FRONT_DESK)
    admin.post("/people/frida/disable")
    assert frida.get("/account").status_code == 302
    assert "disabled 2026-11-18" in words_of(admin.get("/people"))
    try:
        console.parts.accounts.sign_in("frida", "a good password of front_desks", "", "1.2.3.4")
        raise AssertionError("she was let in")
    except SignInRefused:
        pass
    admin.post("/people/frida/enable")
    assert console.parts.accounts.sign_in("frida", "a good password of front_desks", "", "1.2.3.4")


def test_the_last_admin_stays_one(console: Console) -> None:
    admin = console.as_(Role.ADMIN)
    for path, fields in (("role", {"role": "auditor"}), ("disable", {})):
        reply = admin.post(f"/people/ada/{path}", **fields)
        assert reply.status_code == 422 and "This is the last admin." in words_of(reply)
    ada = console.parts.accounts.get("ada")
    assert ada is not None and ada.role is Role.ADMIN and ada.disabled_at is None


def test_names_are_never_markup(console: Console) -> None:
    admin = console.as_(Role.ADMIN)
    reply = admin.post("/people", name="eve", display_name="<img src=x onerror=alert(1)>\"'", role="auditor")
    assert "<img" not in reply.text and "<img" not in admin.get("/people").text

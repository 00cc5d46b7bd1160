"""`/staff/people`: who has an account, what they may do, and first passwords, each shown once."""

from __future__ import annotations

from collections.abc import Callable

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from console.staff.access import Door, Visit
from console.staff.accounts import AccountProblem, Accounts
from console.staff.pages import StaffPages, form, query
from console.staff.policy import Role

# What a role may do, for whoever gives it.
ROLES = {
    Role.FRONT_DESK: "conversations, chats and bookings",
    Role.CLINICIAN: "the same, and teaches the assistant",
    Role.ADMIN: "everything, accounts and privacy included",
    Role.AUDITOR: "figures and the audit trail; no conversations",
}
_SAID = {
    "role": "The role is changed. It counts from the next page that they open.",
    "disabled": "They are signed out and cannot sign in any more. What they did stays in the trail.",
    "enabled": "They can sign in again.",
}


class PeoplePages:
    """The list of accounts."""

    def __init__(self, pages: StaffPages, door: Door, accounts: Accounts) -> None:
        self._pages = pages
        self._door = door
        self._accounts = accounts

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "people", self.show)
        self._door.add(app, "person_add", self.add)
        self._door.add(app, "person_role", self.change_role)
        self._door.add(app, "person_password", self.reset_password)
        self._door.add(app, "person_disable", self.disable)
        self._door.add(app, "person_enable", self.enable)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """Everybody."""
        return self._show(visit, said=_SAID.get(query(request).get("said", ""), ""))

    def add(self, request: Request, visit: Visit) -> HTTPResponse:
        """Make an account, and show its first password this once."""
        fields = form(request)
        typed = {name: fields.get(name, "") for name in ("name", "display_name", "role")}
        try:
            role = _role(typed["role"])
            name = typed["name"].casefold()
            password = self._accounts.add(name, typed["display_name"], role)
        except AccountProblem as problem:
            return self._show(visit, 422, add_problem=str(problem), typed=typed)
        visit.record("person.made", name, is_now=role.value)
        return self._show(visit, password=password, password_of=name)

    def change_role(self, request: Request, visit: Visit, name: str) -> HTTPResponse:
        """Give somebody another role."""

        def work() -> None:
            role = _role(form(request).get("role", ""))
            self._accounts.set_role(name, role)
            visit.record("person.role", name, is_now=role.value)

        return self._do(visit, "role", work)

    def reset_password(self, request: Request, visit: Visit, name: str) -> HTTPResponse:
        """A new first password for somebody who lost theirs, shown this once."""
        try:
            password = self._accounts.reset_password(name)
        except AccountProblem as problem:
            return self._show(visit, 422, problem=str(problem))
        return self._show(visit, password=password, password_of=name)

    def disable(self, request: Request, visit: Visit, name: str) -> HTTPResponse:
        """Let somebody in no more."""
        return self._do(visit, "disabled", lambda: self._accounts.disable(name))

    def enable(self, request: Request, visit: Visit, name: str) -> HTTPResponse:
        """Let somebody in again."""
        return self._do(visit, "enabled", lambda: self._accounts.enable(name))

    def _do(self, visit: Visit, said: str, work: Callable[[], None]) -> HTTPResponse:
        try:
            work()
        except AccountProblem as problem:
            return self._show(visit, 422, problem=str(problem))
        return self._pages.back(f"/people?said={said}")

    def _show(self, visit: Visit, status: int = 200, **more: object) -> HTTPResponse:
        values: dict[str, object] = {"said": "", "problem": "", "add_problem": "", "password": "", "password_of": ""}
        typed = {"name": "", "display_name": "", "role": Role.FRONT_DESK.value}
        people = sorted(self._accounts.all(), key=lambda person: (person.disabled_at is not None, person.name))
        values |= {"typed": typed, "people": people, "roles": ROLES, **more}
        return self._pages.page(visit, "people.html", status, **values)


def _role(text: str) -> Role:
    """Raises: AccountProblem."""
    try:
        return Role(text)
    except ValueError:
        raise AccountProblem("Choose a role.") from None

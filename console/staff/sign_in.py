"""Signing in and out, and one's own account: password and authenticator app."""

from __future__ import annotations

from typing import Any

import pyotp
import segno
from markupsafe import Markup
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from console.staff.access import Door, Visit
from console.staff.accounts import SHORTEST_PASSWORD, AccountProblem, SignInRefused, TooManyFailures
from console.staff.pages import StaffPages, form

_WRONG = "Name, password or code is wrong."
_LONGEST_FIELD = 300


class SignInPages:
    """`/staff/sign-in`, `/staff/account`."""

    def __init__(self, pages: StaffPages, door: Door, clinic_name: str) -> None:
        self._pages = pages
        self._door = door
        self._issuer = clinic_name or "Clinic"

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "sign_in", self.show)
        self._door.add(app, "sign_in_send", self.enter)
        self._door.add(app, "sign_out", self.leave)
        self._door.add(app, "account", self.account)
        self._door.add(app, "account_password", self.change_password)
        self._door.add(app, "account_totp", self.change_totp)

    def show(self, request: Request, visit: None) -> HTTPResponse:
        """The form."""
        return self._form(str(request.args.get("to", "")))

    def enter(self, request: Request, visit: None) -> HTTPResponse:
        """Check what was typed, and let them in with a new session."""
        typed = {name: value[:_LONGEST_FIELD] for name, value in form(request).items()}
        name, code, to = typed.get("name", "").casefold(), typed.get("code", ""), typed.get("to", "")
        password, address = str((request.form or {}).get("password", "")), str(request.remote_addr or request.ip)
        try:
            person = self._door.accounts.sign_in(name, password, code, address)
        except SignInRefused:
            self._door.audit.record("", "", "sign_in.refused")
            return self._form(to, 403, _WRONG, name)
        except TooManyFailures as failures:
            minutes = -(-failures.wait // 60)
            reply = self._form(to, 429, f"There were too many wrong tries. Please wait {minutes} min.", name)
            reply.headers["Retry-After"] = str(failures.wait)
            return reply
        self._door.audit.record(person.name, person.role.value, "signed_in")
        reply = redirect(self._door.way_back(to), status=303)
        self._door.let_in(reply, self._door.sessions.begin(person.name))
        return reply

    def leave(self, request: Request, visit: Visit) -> HTTPResponse:
        """Sign out."""
        self._door.sessions.end(visit.signed_in.token_hash)
        reply = self._pages.back("/sign-in")
        self._door.let_out(reply)
        return reply

    def account(self, request: Request, visit: Visit) -> HTTPResponse:
        """One's own account."""
        return self._account(visit)

    def change_password(self, request: Request, visit: Visit) -> HTTPResponse:
        """Take another password; every other browser is signed out."""
        fields: Any = request.form or {}
        old, new, again = (str(fields.get(name, "")) for name in ("old", "new", "again"))
        if new != again:
            return self._account(visit, "The two new passwords are not the same.")
        try:
            self._door.accounts.change_password(visit.person.name, old, new)
        except AccountProblem as problem:
            return self._account(visit, str(problem))
        reply = self._pages.back("/account" if self._door.needs_totp(visit.person) else "")
        self._door.let_in(reply, self._door.sessions.begin(visit.person.name))
        return reply

    def change_totp(self, request: Request, visit: Visit) -> HTTPResponse:
        """Set up an authenticator app, or do without."""
        fields = form(request)
        try:
            if visit.person.has_totp:
                if self._door.must_have_totp(visit.person):
                    raise AccountProblem("Admins need an authenticator app here.")
                self._door.accounts.remove_totp(visit.person.name, str((request.form or {}).get("password", "")))
            else:
                self._door.accounts.set_totp(visit.person.name, fields.get("secret", ""), fields.get("code", ""))
        except AccountProblem as problem:
            return self._account(visit, str(problem), fields.get("secret", ""))
        return self._pages.back("/account")

    def _form(self, to: str, status: int = 200, problem: str = "", name: str = "") -> HTTPResponse:
        return self._pages.page(None, "sign_in.html", status, to=to, problem=problem, name=name)

    def _account(self, visit: Visit, problem: str = "", secret: str = "") -> HTTPResponse:
        person = visit.person
        values = {"problem": problem, "shortest": SHORTEST_PASSWORD, "secret": "", "picture": ""}
        values |= {"role": person.role.title, "needs_totp": self._door.needs_totp(person)}
        if not person.has_totp:
            secret = secret or self._door.accounts.new_totp_secret()
            link = pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name=self._issuer)
            # Drawn here: the secret must not reach anybody else's server.
            picture = segno.make(link).svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None)
            # nosemgrep: text-taken-for-markup - made by us of our own text
            values |= {"secret": secret, "picture": Markup(picture)}  # noqa: S704 # nosec B704
        if self._door.has_to_settle(person):
            values["navigation"] = []  # no other page is open yet
        return self._pages.page(visit, "account.html", 422 if problem else 200, **values)

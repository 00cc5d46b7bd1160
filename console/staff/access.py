"""The door of the staff's console: every request is somebody's, allowed by a row of the policy, and in the audit trail.

A form needs the session's own code and comes from our own page (`Origin`), so no other site can act for a signed-in
member of staff; the cookie is `__Host-`, out of reach of scripts, and not sent along from other sites.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from console.pages import Problem
from console.staff.accounts import Accounts, Person
from console.staff.audit import Audit
from console.staff.policy import POLICY, SETTLING, Permission, Rule
from console.staff.sessions import LONGEST, Sessions, SignedIn

ROOT = "/staff"
COOKIE = "__Host-staff"
_SAFE = re.compile(r"[A-Za-z0-9:._~/?&=%+-]{0,500}")
_EXPIRED = ("Please sign in again", "Your session is over. Nothing was changed.")
_FOREIGN = ("Please try again", "That was not sent from a page of this session. Nothing was changed.")
_DENIED = ("This is not for your role", "Ask an admin of the clinic if you need it.")


@dataclass
class Visit:
    """A request of a member of staff."""

    person: Person
    signed_in: SignedIn
    rule: Rule
    audit: Audit = field(repr=False)

    def may(self, permission: Permission) -> bool:
        """Whether they may do something."""
        return self.person.may(permission)

    def record(self, action: str, object: str = "", **detail: Any) -> None:
        """Add an entry of theirs to the audit trail, beside the one that the route has made."""
        self.audit.record(self.person.name, self.person.role.value, action, object, **detail)


Handler = Callable[..., HTTPResponse]


class Door:
    """Lets staff in.

    Args:
        base: where the web server in front has put our pages.
        public: our own origin as browsers name it, where it is known; else that of the request's host.
        totp_for_admins: admins need an authenticator app.
    """

    def __init__(
        self, accounts: Accounts, sessions: Sessions, audit: Audit, base: str, public: str, totp_for_admins: bool
    ) -> None:
        self.accounts = accounts
        self.sessions = sessions
        self.audit = audit
        self.base = base + ROOT
        self._public = public
        self._totp_for_admins = totp_for_admins

    def add(self, app: Sanic, name: str, handler: Handler) -> None:
        """Serve a route of the policy: `handler(request, visit, **parts of the path)`, run beside the event loop.

        A route for everybody has `visit` None. What the audit trail names is the path's part; handlers that know
        more add an entry by `visit.record`.

        Raises: KeyError if the policy has no row for it.
        """
        rule = POLICY[name]

        async def guarded(request: Request, **parts: Any) -> HTTPResponse:
            return await asyncio.to_thread(self._serve, rule, handler, request, parts)

        app.add_route(guarded, ROOT + rule.path, methods=[rule.method], name=f"staff_{name}")

    def _serve(self, rule: Rule, handler: Handler, request: Request, parts: dict[str, Any]) -> HTTPResponse:
        if rule.method == "POST":
            self._check_origin(request)
        if rule.permission is None:
            return handler(request, None, **parts)
        signed_in = self.sessions.read(request.cookies.get(COOKIE, ""), looks_only=not rule.audited)
        person = self.accounts.get(signed_in.account) if signed_in else None
        if signed_in is None or person is None:
            return self._to_sign_in(rule, request)
        object = str(next(iter(parts.values()), ""))
        if not person.may(rule.permission):
            self.audit.record(person.name, person.role.value, "denied", object, wanted=rule.audited or rule.path)
            raise Problem(403, *_DENIED)
        if rule.method == "POST" and not self.sessions.is_csrf(signed_in, _field(request, "csrf")):
            raise Problem(403, *_FOREIGN)
        if self.has_to_settle(person) and rule not in SETTLING:
            return redirect(f"{self.base}/account")
        if rule.audited:
            self.audit.record(person.name, person.role.value, rule.audited, object)
        return handler(request, Visit(person, signed_in, rule, self.audit), **parts)

    def must_have_totp(self, person: Person) -> bool:
        """Whether their role may not do without an authenticator app."""
        return self._totp_for_admins and person.may(Permission.PEOPLE)

    def needs_totp(self, person: Person) -> bool:
        """Whether they have to set up an authenticator app."""
        return self.must_have_totp(person) and not person.has_totp

    def has_to_settle(self, person: Person) -> bool:
        """Whether they see nothing but their own account yet."""
        return person.must_change or self.needs_totp(person)

    def let_in(self, reply: HTTPResponse, token: str) -> None:
        """Give a browser its session."""
        reply.cookies[COOKIE] = token
        reply.cookies[COOKIE].update({"path": "/", "secure": True, "httponly": True, "samesite": "Strict"})
        reply.cookies[COOKIE]["max-age"] = LONGEST

    def let_out(self, reply: HTTPResponse) -> None:
        """Take a browser's session away."""
        reply.cookies[COOKIE] = ""
        reply.cookies[COOKIE].update({"path": "/", "secure": True, "httponly": True, "samesite": "Strict"})
        reply.cookies[COOKIE]["max-age"] = 0

    def way_back(self, wanted: str) -> str:
        """The page of ours that somebody wanted before they signed in; anything else is the first page."""
        is_ours = wanted.startswith(f"{self.base}/") and _SAFE.fullmatch(wanted) and "//" not in wanted
        return wanted if is_ours else self.base

    def _to_sign_in(self, rule: Rule, request: Request) -> HTTPResponse:
        if rule.method != "GET" or not rule.audited:
            raise Problem(401, *_EXPIRED)
        return redirect(f"{self.base}/sign-in?to={quote(self.base.removesuffix(ROOT) + request.path)}")

    def _check_origin(self, request: Request) -> None:
        """Raises: Problem if another site's page sent the form. A browser always says which did."""
        origin = request.headers.get("origin", "")
        wanted = self._public or f"{request.scheme}://{request.host}"
        if urlsplit(origin).netloc != urlsplit(wanted).netloc or not origin:
            raise Problem(403, *_FOREIGN)


def _field(request: Request, name: str) -> str:
    return str((request.form or {}).get(name, ""))

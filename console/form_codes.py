"""Codes in the forms behind signed links: only a page that was opened by the same link holds the right one."""

from __future__ import annotations

import hashlib
import hmac

from sanic.request import Request

from console.pages import Problem


class FormCodes:
    """The codes of one kind of link.

    Args:
        secret: the links' own.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, token: str) -> str:
        """The code for the forms of a link."""
        return hmac.new(self._secret, b"booking-form\0" + token.encode(), hashlib.sha256).hexdigest()

    def check(self, request: Request, token: str) -> None:
        """Make sure that a form came from a page of this link. Raises: Problem."""
        given = str(request.form.get("code", ""))
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.of(token).encode()):
            text = "That was not sent from the page of your link. Please open your link again. Nothing was changed."
            raise Problem(403, "Please open your link again", text)

"""Fills the templates; whatever stands in them is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic.response import HTTPResponse, html

from assistant.clinic import Clinic
from bookings.settings import BookingSettings

FOLDER = Path(__file__).resolve().parent


class Problem(Exception):
    """What a visitor reads instead of the page that they asked for, with its HTTP status."""

    def __init__(self, status: int, title: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text
        self.headers = headers


class Pages:
    """The pages of one clinic."""

    def __init__(self, clinic: Clinic, settings: BookingSettings) -> None:
        self.base = urlsplit(settings.public_url).path  # where the web server in front has put these pages
        self.environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(base=self.base, clinic=clinic, dial=re.sub(r"[^\d+]", "", clinic.phone))

    def page(self, template: str, status: int = 200, **values: Any) -> HTTPResponse:
        """A page, filled."""
        return html(self.environment.get_template(template).render(values), status=status)

    def problem(self, problem: Problem) -> HTTPResponse:
        """The page of a problem, with the clinic's phone where that is known."""
        page = self.page("problem.html", problem.status, title=problem.title, text=problem.text)
        page.headers.update(problem.headers or {})
        return page

"""Hostile text, forms from elsewhere, floods: nothing is changed, nothing is shown as markup."""

from __future__ import annotations

import pytest

from bookings.models import State
from tests.console.conftest import Site, code_of, words_of

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="a script"),
    pytest.param('"><img src=x onerror=alert(1)>', id="out of the attribute"),
    pytest.param("'; DROP TABLE consultation_requests; --", id="SQL"),
    pytest.param("{{ 7*7 }} {% raw %}", id="a template"),
    pytest.param("\x00\u202e\ud7ff", id="control characters"),
    pytest.param("9" * 6_000, id="very long"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["times", "contact"])
def test_hostile_text_is_shown_as_text_and_stored_nowhere(site: Site, field: str, text: str) -> None:
    reference, link = site.request()
    before = site.store.get(reference)
    page = site.post(link, field, **{field: text, "sure": text})
    assert page.status_code == 422
    assert "<script" not in page.text and "<img" not in page.text and " 49 " not in page.text
    assert site.store.get(reference) == before


def test_hostile_text_in_what_was_stored_is_shown_as_text(site: Site) -> None:
    _, link = site.request(
        name="<script>alert(1)</script>", preferred_times=[{"words": "<script>alert(1)</script>"}], topic="<script>"
    )
    page = site.get(link)
    assert "<script" not in page.text and "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize("form", ["times", "contact", "cancel"])
@pytest.mark.parametrize(
    "code", [None, "", "0" * 64, "é\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
)
def test_a_form_without_the_code_of_its_page_changes_nothing(site: Site, form: str, code: str | None) -> None:
    reference, link = site.request()
    fields = {"times": "friday afternoons", "contact": "jo@example.org"} | ({} if code is None else {"code": code})
    page = site.client.post(f"{link}/{form}", data=fields)
    assert page.status_code == 403 and "Nothing was changed" in words_of(page)
    assert [entry.event for entry in site.store.get(reference).history] == ["created"]


def test_the_code_of_one_link_is_worth_nothing_at_another(site: Site) -> None:
    _, other = site.request()
    reference, link = site.request(key="form-2")
    assert site.client.post(f"{link}/cancel", data={"code": code_of(site.get(other))}).status_code == 403
    assert site.store.get(reference).state is State.NEW


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    reference, link = site.request()
    page = site.client.post(f"{link}/times", data={"code": code_of(site.get(link)), "times": "friday " * 10_000})
    assert page.status_code == 413
    assert site.store.get(reference).preferred_times[0]["words"] == "Thursday mornings"


def test_one_link_is_answered_thirty_times_a_minute_and_others_go_on(site: Site) -> None:
    link, other = site.request()[1], site.request(key="form-2")[1]
    assert [site.get(link).status_code for _ in range(31)] == [200] * 30 + [429]
    assert site.get(link).headers["Retry-After"] == "60"
    assert site.get(other).status_code == 200
    site.clock.forward(seconds=61)
    assert site.get(link).status_code == 200

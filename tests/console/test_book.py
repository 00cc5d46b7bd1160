"""The page on which a request is made by a signed link, over HTTP; the store is asked what became of it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bookings.links import PAGE_LABEL, PAGE_LIFETIME, sign_page
from bookings.models import Kind
from bookings.secrets import ContactCipher
from tests.browser import violations, visit
from tests.conftest import PROJECT_DIR
from tests.console.conftest import Site, code_of, words_of

PICTURES = PROJECT_DIR / "docs" / "pictures"
FILLED = {
    "name": "Maria",
    "contact": "(415) 555-0199",
    "times": "thursday mornings",
    "topic": "pain",
    "agreed": "yes",
}


def link_of(site: Site, kind: Kind = Kind.CONSULTATION, key: str = "key-1") -> str:
    secret = ContactCipher(b"k" * 32).derive(PAGE_LABEL)
    return f"/book/{sign_page('telegram:abc', kind, key, secret, site.clock.now)}"


def send(site: Site, link: str, **fields: str) -> httpx.Response:
    """Send the page as a browser does."""
    return site.client.post(link, data={"code": code_of(site.get(link)), **FILLED, **fields})


def test_a_request_is_made_and_shown(site: Site) -> None:
    link = link_of(site)
    made = send(site, link)
    assert made.status_code == 303
    (view,) = site.store.list_open()
    assert (view.name, view.contact, view.topic) == ("Maria", "+14155550199", "pain")
    assert view.conversation_id == "telegram:abc" and view.consent_version
    assert [wish["words"] for wish in view.preferred_times] == ["Thursday mornings"]
    shown = site.get(made.headers["location"])
    assert view.reference in words_of(shown)


def test_sent_twice_it_is_one_request(site: Site) -> None:
    link = link_of(site)
    assert [send(site, link).status_code for _ in range(2)] == [303, 303]
    assert len(site.store.list_open()) == 1


def test_a_wish_for_a_person_is_a_call_back(site: Site) -> None:
    link = link_of(site, Kind.CALL_BACK)
    assert "Ask the team to contact you" in words_of(site.get(link))
    send(site, link)
    assert [view.kind for view in site.store.list_open()] == [Kind.CALL_BACK]


def test_without_times_and_topic_any_time_will_do(site: Site) -> None:
    send(site, link_of(site), times="", topic="made up")
    (view,) = site.store.list_open()
    assert view.topic == "private" and view.preferred_times[0]["words"] == "any time"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "12345"}, "We found no name"),
        ({"name": "<b>Maria</b>"}, "We found no name"),
        ({"name": "Maria " * 83}, "too long for a name"),
        ({"contact": "12345"}, "too short"),
        ({"contact": "call me"}, "no phone number and no e-mail"),
        ({"contact": "maria@gmial.com"}, "Did you mean"),
        ({"times": "blue"}, "no day or time"),
        ({"agreed": ""}, "only if you agree"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_stored(site: Site, fields: dict[str, str], said: str) -> None:
    page = send(site, link_of(site), **fields)
    assert page.status_code == 422
    assert said in words_of(page)
    assert 'value="thursday mornings"' in page.text or "times" in fields
    assert site.store.list_open() == []


def test_a_slip_that_is_none_is_taken_the_second_time(site: Site) -> None:
    again = send(site, link_of(site), contact="maria@gmial.com", sure="maria@gmial.com")
    assert again.status_code == 303


@pytest.mark.parametrize("change", ["forged", "expired", "other purpose"])
def test_another_link_opens_nothing(site: Site, change: str) -> None:
    link = link_of(site)
    if change == "expired":
        site.clock.now += PAGE_LIFETIME + timedelta(seconds=1)
    elif change == "forged":
        link = link[:-20] + ("A" if link[-20] != "A" else "B") + link[-19:]
    else:
        link = site.request()[1].replace("/booking/", "/book/")
    page = site.get(link)
    assert page.status_code == (410 if change == "expired" else 404)
    assert "<form" not in page.text


def test_a_form_of_another_page_sends_nothing(site: Site) -> None:
    assert site.client.post(link_of(site), data={**FILLED, "code": "made up"}).status_code == 403
    assert site.store.list_open() == []


def test_a_link_that_is_asked_for_too_often_waits(site: Site) -> None:
    link = link_of(site)
    codes = {site.get(link).status_code for _ in range(40)}
    assert codes == {200, 429}


def test_the_page_fits_a_small_phone_and_has_no_accessibility_violation(
    site: Site, request: pytest.FixtureRequest
) -> None:
    new_context = request.getfixturevalue("new_context")  # after the site: the browser keeps this thread's event loop
    for scheme in ("light", "dark"):
        page = visit(new_context(320, 640, color_scheme=scheme), site.url + link_of(site))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(page) == []
        page.fill("#name", "12345")
        page.fill("#contact", "call me")
        page.check("#agreed")
        page.click("button")
        assert page.get_by_role("alert").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(page) == []
        if scheme == "light":
            page.screenshot(path=PICTURES / "book.png", full_page=True)

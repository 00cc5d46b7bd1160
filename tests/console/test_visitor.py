"""What a visitor meets behind the signed link, over HTTP; the store is asked what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from assistant.clinic import Clinic
from bookings.links import LINK_LABEL, sign_link
from bookings.models import Kind, State
from bookings.secrets import ContactCipher
from bookings.settings import LINK_LIFETIME, BookingSettings
from tests.bookings.conftest import NOW, request_in
from tests.console.conftest import CLINIC, SECRET, Site, code_of, words_of

# --- what it shows ---


def test_the_page_says_what_was_asked_for_and_tells_nobody_who_it_is(site: Site) -> None:
    reference, link = site.request()
    page = site.get(link)
    assert page.status_code == 200
    words = words_of(page)
    assert reference in words
    assert "Your consultation request" in words
    assert "We have your request." in words
    assert "Name M." in words
    assert "phone ending in 34" in words
    assert "Thursday mornings" in words
    for private in ("Maria", "Neil", "4155550134", "chronic pain", "conversation-1"):
        assert private not in page.text.replace(CLINIC.phone, "").replace("tel:4155550134", "")


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        pytest.param({"contact_kind": "email", "contact": "maria@example.org"}, "e-mail starting with m", id="e-mail"),
        pytest.param({"contact_kind": "none", "contact": "", "kind": Kind.CALL_BACK}, "To reach you none", id="none"),
    ],
)
def test_a_contact_is_masked(site: Site, contact: dict[str, str], shown: str) -> None:
    page = site.get(site.request(**contact)[1])
    assert shown in words_of(page)
    assert "maria@example.org" not in page.text and "example.org" not in page.text


@pytest.mark.parametrize(("name", "shown"), [("李", "李."), ("josé", "J."), ("<b>", "B."), ("123", "–")])
def test_of_the_name_only_its_first_letter_is_shown(site: Site, name: str, shown: str) -> None:
    assert f"<dd>{shown}</dd>" in site.get(site.request(name=name)[1]).text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.NEW, "We have your request."),
        (State.CONTACTED, "has been in touch with you"),
        (State.SCHEDULED, "Your time is confirmed. Tuesday, March 11, 2025 at 10:00 AM PDT, 30 minutes."),
        (State.DONE, "This request is closed."),
        (State.CANCELLED, "This request is cancelled."),
        (State.NO_SHOW, "did not meet you"),
    ],
)
def test_each_state_is_said_in_words_and_forms_are_there_while_they_do_something(
    site: Site, state: State, words: str
) -> None:
    page = site.get(site.link(request_in(site.store, state)))
    assert words in words_of(page)
    assert ("<form" in page.text) == (state not in (State.DONE, State.CANCELLED))
    assert ("can no longer be changed" in page.text) == (state in (State.DONE, State.CANCELLED))


def test_a_time_of_answer_is_said_only_where_the_clinic_promises_one(start_site: Callable[..., Site]) -> None:
    silent = start_site()
    assert "hear from us" not in words_of(silent.get(silent.request()[1]))
    promising = start_site(replace(CLINIC, reply_within_hours=24.0))
    link = promising.request()[1]
    assert "You will hear from us by Wednesday, March 5, 2025 at 9:00 AM PST." in words_of(promising.get(link))
    promising.clock.forward(days=2)
    assert "We are late, and sorry: you should have heard" in words_of(promising.get(link))


# --- links ---


def test_a_link_opens_until_it_expires_and_then_says_whom_to_call(site: Site) -> None:
    link = site.request()[1]
    site.clock.now = NOW + LINK_LIFETIME
    assert site.get(link).status_code == 200
    site.clock.forward(seconds=1)
    page = site.get(link)
    assert page.status_code == 410
    assert "This link is too old" in words_of(page) and CLINIC.phone in words_of(page)
    assert 'href="tel:4155550134"' in page.text


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("x", id="no token"),
        pytest.param("%00%ff", id="no text"),
        pytest.param("%3Cscript%3E", id="HTML"),
        pytest.param("é", id="not ASCII"),
        pytest.param("a" * 4000, id="very long"),
        pytest.param(sign_link("SR-4K7M-92PX", ContactCipher(b"o" * 32).derive(LINK_LABEL), NOW), id="another key"),
    ],
)
def test_what_is_no_link_of_ours_opens_nothing(site: Site, token: str) -> None:
    page = site.get(f"/booking/{token}")
    assert page.status_code == 404
    assert "This link does not work" in words_of(page) and CLINIC.phone in words_of(page)


def test_a_link_changed_by_one_character_opens_nothing(site: Site) -> None:
    link = site.request()[1]
    for place in (len("/booking/"), len(link) // 2, len(link) - 3):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        assert site.get(changed).status_code == 404, place


def test_a_link_to_a_request_that_was_deleted_says_so(site: Site) -> None:
    page = site.get(f"/booking/{sign_link('SR-4K7M-92PX', SECRET, NOW)}")
    assert page.status_code == 410 and "no longer kept" in words_of(page)


def test_expired_links_change_nothing_either(site: Site) -> None:
    reference, link = site.request()
    code = code_of(site.get(link))
    site.clock.forward(days=LINK_LIFETIME.days + 1)
    for form in ("times", "contact", "cancel"):
        page = site.client.post(f"{link}/{form}", data={"code": code, "times": "mondays", "contact": "a@example.org"})
        assert page.status_code == 410
    assert [entry.event for entry in site.store.get(reference).history] == ["created"]


# --- changes ---


def test_other_times_are_noted_and_said_back(site: Site) -> None:
    reference, link = site.request()
    answer = site.post(link, "times", times="the 14th at 2")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?said=times")
    (wish,) = site.store.get(reference).preferred_times
    assert (wish["days"], wish["at"]) == ("2025-03-14", "14:00")
    words = words_of(site.get(answer.headers["Location"]))
    assert "Your times are noted." in words and "Friday 14 March at 2 pm (I read 2 as 2 pm)" in words
    assert "Thursday mornings”, by the clinic’s clock (PST)" in words  # the example; the old wish is gone
    assert "<dd>Thursday mornings" not in site.get(link).text


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("sunday morning", "The clinic is closed on Sunday", id="closed day"),
        pytest.param("tuesday at 9 pm", "The clinic is open from 9 am to 5 pm", id="outside hours"),
        pytest.param("March 1st 2025", "has already passed", id="past"),
        pytest.param("June 3rd 2099", "too far ahead", id="too far"),
        pytest.param("February 30", "no February 30", id="no such day"),
        pytest.param("blue cheese", "We found no day or time in that", id="no time"),
        pytest.param("", "We found no day or time in that", id="nothing"),
    ],
)
def test_times_that_cannot_be_had_are_refused_with_the_reason_and_stay_in_the_field(
    start_site: Callable[..., Site], typed: str, reason: str
) -> None:
    site = start_site(replace(CLINIC, opening={day: (time(9), time(17)) for day in range(5)}))
    reference, link = site.request()
    page = site.post(link, "times", times=typed)
    assert page.status_code == 422
    assert reason in words_of(page)
    assert f'value="{typed}" maxlength' in page.text and 'aria-invalid="true" autofocus' in page.text
    assert site.store.get(reference).preferred_times[0]["words"] == "Thursday mornings"


@pytest.mark.parametrize(
    ("typed", "kind", "stored", "shown"),
    [
        ("415 555 0199", "phone", "+14155550199", "phone ending in 99"),
        ("call +44 20 7946 0018 please", "phone", "+442079460018", "phone ending in 18"),
        ("jo.lee@Example.org", "email", "jo.lee@example.org", "e-mail starting with j"),
    ],
)
def test_another_contact_is_noted(site: Site, typed: str, kind: str, stored: str, shown: str) -> None:
    reference, link = site.request()
    answer = site.post(link, "contact", contact=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?said=contact")
    view = site.store.get(reference)
    assert (view.contact_kind, view.contact) == (kind, stored)
    words = words_of(site.get(answer.headers["Location"]))
    assert shown in words and "phone number or e-mail is noted" in words


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("911", "service number"),
        ("555 0134", "too short"),
        ("1-800-FLOWERS", "letters"),
        ("a@b", "not whole"),
        ("nothing at all", "found no phone number"),
        ("415 555 0199 or jo@example.org", "Please write one of them"),
    ],
)
def test_a_contact_that_cannot_be_used_is_refused_with_the_reason(site: Site, typed: str, reason: str) -> None:
    reference, link = site.request()
    page = site.post(link, "contact", contact=typed)
    assert page.status_code == 422 and reason in words_of(page)
    assert f'value="{typed}" maxlength' in page.text
    assert site.store.get(reference).contact == "+14155550134"


def test_fictional_numbers_are_refused_unless_the_setting_allows_them(start_site: Callable[..., Site]) -> None:
    site = start_site(settings=BookingSettings())
    page = site.post(site.request()[1], "contact", contact="415 555 0199")
    assert page.status_code == 422 and "belongs to nobody" in words_of(page)


def test_a_likely_slip_is_asked_about_once_and_never_put_right_unasked(site: Site) -> None:
    reference, link = site.request()
    page = site.post(link, "contact", contact="jo@gmial.com")
    assert page.status_code == 422 and "Did you mean jo@gmail.com?" in words_of(page)
    assert site.store.get(reference).contact_kind == "phone"
    assert 'name="sure" value="jo@gmial.com"' in page.text
    assert site.post(link, "contact", contact="jo@gmial.com", sure="jo@gmial.com").status_code == 303
    assert site.store.get(reference).contact == "jo@gmial.com"


def test_cancelling_is_asked_about_first_and_done_once(site: Site) -> None:
    reference, link = site.request()
    question = site.get(f"{link}/cancel")
    assert "Cancel this request?" in words_of(question) and "No, keep it" in words_of(question)
    assert site.store.get(reference).state is State.NEW
    code = code_of(question)
    answers = [site.client.post(f"{link}/cancel", data={"code": code}) for _ in range(2)]
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(303, f"{link}?said=cancelled")] * 2
    view = site.store.get(reference)
    assert view.state is State.CANCELLED
    assert [entry.event for entry in view.history] == ["created", "cancelled"]
    assert "Your request is cancelled." in words_of(site.get(f"{link}?said=cancelled"))


def test_a_form_sent_twice_changes_once(site: Site) -> None:
    reference, link = site.request()
    code = code_of(site.get(link))
    for form, fields in (("times", {"times": "friday afternoons"}), ("contact", {"contact": "jo@example.org"})):
        answers = [site.client.post(f"{link}/{form}", data={"code": code, **fields}) for _ in range(2)]
        assert [one.status_code for one in answers] == [303, 303]
    assert [entry.fields for entry in site.store.get(reference).history] == [(), ("preferred_times",), ("contact",)]


@pytest.mark.parametrize("state", [State.CANCELLED, State.DONE])
def test_a_request_that_was_closed_meanwhile_stays_as_it_is_and_the_page_says_so(site: Site, state: State) -> None:
    reference, link = site.request()
    code = code_of(site.get(link))
    site.store.move(reference, state, "Dana")
    before = site.store.get(reference)
    fields = {"code": code, "times": "friday afternoons", "contact": "jo@example.org"}
    for form in ("times", "contact") + (("cancel",) if state is State.DONE else ()):
        answer = site.client.post(f"{link}/{form}", data=fields)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?said=closed")
    assert site.get(f"{link}/cancel").headers["Location"] == f"{link}?said=closed"
    assert "Nothing was changed: this request is closed." in words_of(site.get(f"{link}?said=closed"))
    assert site.store.get(reference) == before


@pytest.mark.parametrize("said", ["cancelled", "closed", "<b>", "times'"])
def test_an_address_cannot_make_the_page_say_what_is_not_so(site: Site, said: str) -> None:
    page = site.client.get(site.request()[1], params={"said": said})
    assert 'role="status"' not in page.text and "<b>" not in page.text


def test_without_a_filled_clinic_the_page_still_stands(start_site: Callable[..., Site]) -> None:
    site = start_site(Clinic())
    assert "We have your request." in words_of(site.get(site.request()[1]))
    page = site.get("/booking/x")
    assert page.status_code == 404 and "write to us in the chat" in words_of(page) and "Call us" not in page.text


def test_addresses_stand_below_the_path_that_visitors_use(start_site: Callable[..., Site]) -> None:
    site = start_site(settings=BookingSettings(public_url="https://clinic.test/assistant"))
    link = site.request()[1]
    page = site.get(link)
    assert 'href="/assistant/static/visitor.css"' in page.text and f'action="/assistant{link}/times"' in page.text
    assert site.post(link, "times", times="mondays").headers["Location"] == f"/assistant{link}?said=times"


def test_a_confirmed_time_stays_while_others_are_asked_for(site: Site) -> None:
    reference = request_in(site.store, State.SCHEDULED)
    link = site.link(reference)
    assert "Your confirmed time stays" in words_of(site.get(link))
    site.post(link, "times", times="friday afternoons")
    view = site.store.get(reference)
    assert view.state is State.SCHEDULED and view.appointment_at == NOW + timedelta(days=7)

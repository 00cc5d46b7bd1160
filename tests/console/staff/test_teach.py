"""Judging messages, and what is published of it: in the console, on real conversations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from assistant.conversations.models import Publication, Verdict
from assistant.database import writing
from console.staff.policy import Role
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, detail_of, words_of

ID = "webchat:" + "a" * 32


@pytest.fixture
def clara(console: Console) -> Colleague:
    console.has_said(ID, asked("can i trust that stuff", "ask_side_effects", 0.3), answered("nausea"))
    return console.as_(Role.CLINICIAN)


def verdicts(console: Console) -> list[sa.engine.Row]:
    with console.parts.conversations.connect() as connection:
        return list(connection.execute(sa.select(Verdict.__table__)))


def judge(colleague: Colleague, **fields: str) -> object:
    wrong = {"number": "1", "version": "0", "right": "no", "intent": "ask_safety"}
    return colleague.post(f"/conversations/{ID}/verdict", **{**wrong, **fields})


def test_one_click_says_that_a_message_was_understood(console: Console, clara: Colleague) -> None:
    page = clara.get(f"/conversations/{ID}")
    assert "Understood right" in words_of(page) and f"{ID}/verdict?number=1" in page.text
    assert judge(clara, right="yes", intent="").status_code == 303
    (verdict,) = verdicts(console)
    assert (verdict.is_right, verdict.intent, verdict.by) == (True, "ask_side_effects", "clara")
    assert "Understood right Clara Clinic" in words_of(clara.get(f"/conversations/{ID}"))


def test_what_was_meant_becomes_a_test_question_and_examples_at_once(console: Console, clara: Colleague) -> None:
    form = clara.get(f"/conversations/{ID}/verdict?number=1")
    assert "can i trust that stuff" in words_of(form) and "30 % sure" in words_of(form)
    reply = judge(
        clara, question="can i trust that stuff", examples="is it to be trusted\n\n trustworthy?? ", to="/teach"
    )
    assert reply.headers["location"] == "/staff/teach"
    (verdict,) = verdicts(console)
    assert (
        verdict.question == "can i trust that stuff" and verdict.examples == '["is it to be trusted", "trustworthy??"]'
    )
    page = words_of(clara.get("/teach"))
    assert "2 examples, a test question" in page and "An admin can publish it" in page
    assert any("ask_safety" in detail_of(entry) for entry in console.trail(action="message.judged"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"intent": ""}, "Choose what the visitor meant"),
        ({"intent": "no_such_intent"}, "Choose what the visitor meant"),
        ({"question": "write to maria@example.com"}, "e-mail address"),
        ({"examples": "call me at 415 555 0134"}, "phone number"),
        ({"examples": "call ••• please"}, "masked personal data"),
        ({"question": "Is it safe", "examples": "is it safe??"}, "are the same"),
        ({"examples": "x" * 301}, "longer than 300"),
        ({"examples": "/restart"}, "signs that the training data gives a meaning to"),
    ],
)
def test_what_spoils_the_data_is_refused_and_kept_in_the_form(
    console: Console, clara: Colleague, fields: dict[str, str], reason: str
) -> None:
    reply = judge(clara, **fields)
    assert reply.status_code == 422 and reason in words_of(reply)
    assert all(value[:60] in reply.text or not value for key, value in fields.items() if key != "intent")
    assert verdicts(console) == []


def test_a_reviewer_is_told_of_a_faster_one_and_overwrites_nothing_unseen(console: Console, clara: Colleague) -> None:
    ada = console.as_(Role.ADMIN)
    assert judge(ada, examples="hers").status_code == 303
    reply = judge(clara, intent="ask_dose", examples="mine")
    assert reply.status_code == 409 and "ada was faster" in words_of(reply) and "mine" in reply.text
    assert verdicts(console)[0].intent == "ask_safety"
    assert judge(clara, intent="ask_dose", examples="mine", version="1").status_code == 303
    assert verdicts(console)[0].intent == "ask_dose"


def test_a_meaning_is_found_by_what_a_text_means(clara: Colleague) -> None:
    found = clara.get("/teach/meanings", params={"q": "what will i have to pay"}).json()["meanings"]
    assert "ask_price" in [one["intent"] for one in found[:2]]
    assert clara.get("/teach/meanings").json()["meanings"] == []


def test_questions_that_went_wrong_wait_until_they_are_judged(console: Console, clara: Colleague) -> None:
    assert "can i trust that stuff" in words_of(clara.get("/teach"))
    judge(clara)
    assert "can i trust that stuff" not in words_of(clara.get("/teach"))


def a_publication(console: Console, state: str, result: str) -> None:
    values = {"state": state, "by": "ada", "at": NOW, "progress": 40, "step": "Training", "result": result}
    with writing(console.parts.conversations) as session:
        session.execute(Publication.__table__.insert().values(id="p1", seen_at=9e9, **values))


def test_a_publication_says_how_far_it_is_and_what_came_of_it(console: Console, clara: Colleague) -> None:
    a_publication(console, "training", "{}")
    page = clara.get("/teach/publications/p1")
    assert 'value="40"' in page.text and "Stop" not in words_of(page), "only admins publish"
    assert clara.get("/teach/publications/p1/progress").json() == {"progress": 40, "step": "Training", "over": False}
    assert "See how the assistant learns" in words_of(clara.get("/teach"))
    assert "Stop" in words_of(console.as_(Role.ADMIN).get("/teach/publications/p1"))


def test_a_refused_publication_gives_its_reasons(console: Console, clara: Colleague) -> None:
    result = """{"reasons": ["People in a crisis would be overlooked"], "added": {"examples": 2, "questions": 1},
      "refused": [{"text": "<b>x</b>", "intent": "greet", "reason": "it is empty"}],
      "newly_right": [], "newly_wrong": [{"text": "is it safe", "expected": "ask_safety", "before": "ask_safety",
      "after": "ask_dose", "kind": "covered"}], "right_before": 10, "right_after": 9, "questions": 12, "goals": [
      {"name": "crisis recall", "bound": 99, "at_least": true, "unit": "%", "before": 100, "after": 90,
       "met_before": true, "met_after": false}]}"""
    a_publication(console, "refused", result)
    page = clara.get("/teach/publications/p1")
    words = words_of(page)
    assert "People in a crisis would be overlooked" in words and "9 of 12 test questions are right" in words
    assert "is it safe" in words and "missed" in words and "<b>x</b>" not in page.text


def test_nothing_of_a_publication_that_is_not_there(clara: Colleague) -> None:
    for path in ("/teach/publications/none", "/teach/publications/none/progress"):
        assert clara.get(path).status_code == 404


def test_publishing_starts_a_worker_once(console: Console, clara: Colleague, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(clara, examples="is it to be trusted")
    started: list[str] = []
    start: Callable[..., str] = lambda engine, by: started.append(by) or "p9"  # noqa: E731 - the worker has its own test
    monkeypatch.setattr("publishing.live.start", start)
    reply = console.as_(Role.ADMIN).post("/teach/publish")
    assert reply.headers["location"] == "/staff/teach/publications/p9" and started == ["ada"]
    assert [entry.object for entry in console.trail(action="publication.started")] == ["p9"]

"""Lessons become lines at the right places of the project's files, and a patch that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from publishing.changes import Change, make_change
from publishing.files import FileUnexpected
from publishing.lessons import LONGEST, Lesson

PRICE = Lesson("ask_price", "how much dosh for a drip", ("whats the dosh for one", 'is "dosh" a lot, or: not?'))


def only_reason(change: Change) -> str:
    (refusal,) = change.accepted.refused
    assert change.is_empty and change.patch == ""
    return refusal.reason


def test_examples_and_questions_go_to_their_intent_and_all_other_lines_stay(checkout: Path) -> None:
    before = {path: path.read_bytes() for path in checkout.rglob("*.yml")}
    change = make_change(checkout, [PRICE])
    change.apply(checkout)
    changed = [path for path in before if path.read_bytes() != before[path]]
    assert sorted(path.name for path in changed) == ["nlu.yml", "not_covered.yml"]
    for path in changed:
        now = path.read_bytes().split(b"\n")
        old = before[path].split(b"\n")
        assert [line for line in now if b"dosh" not in line] == old
    nlu = yaml.safe_load((checkout / "data/nlu.yml").read_text())["nlu"]
    examples = next(entry["examples"] for entry in nlu if entry["intent"] == "ask_price").splitlines()
    assert examples[-2:] == ["- whats the dosh for one", '- is "dosh" a lot, or: not?']
    questions = yaml.safe_load((checkout / "tests/questions/not_covered.yml").read_text())
    assert questions["ask_price"][-1] == PRICE.question


@pytest.mark.parametrize(
    ("intent", "name"),
    [
        ("ask_ketamine", "covered"),
        ("ask_getting_started", "covered"),  # the last of its file
        ("greet", "talk"),
        ("out_of_scope", "talk"),
        ("crisis", "safety"),
        ("medical_emergency", "safety"),
        ("crisis_spanish", "spanish"),
        ("tell_side_effect", "reports"),
    ],
)
@pytest.mark.parametrize("text", ["zz plain", 'zz it\'s "quoted": {x} #1 \\ 100 %', "zz ¿qué? 👍"])
def test_git_applies_the_patch_and_gets_the_same_files(checkout: Path, intent: str, name: str, text: str) -> None:
    change = make_change(checkout, [Lesson(intent, text, (f"{text} again",))])
    assert set(change.files) == {"data/nlu.yml", f"tests/questions/{name}.yml"}
    (checkout.parent / "change.patch").write_bytes(change.patch.encode())
    subprocess.run(["git", "apply", "--index", "../change.patch"], cwd=checkout, check=True)
    for path, expected in change.files.items():
        assert (checkout / path).read_bytes() == expected.encode()


def test_a_file_without_a_last_line_end_can_be_added_to(checkout: Path) -> None:
    path = checkout / "tests/questions/reports.yml"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    change = make_change(checkout, [Lesson("tell_side_effect", "zz my ears ring since the drip")])
    subprocess.run(["git", "apply", "--index", "-"], cwd=checkout, check=True, input=change.patch.encode())
    assert path.read_bytes() == change.files["tests/questions/reports.yml"].encode()


def test_what_was_taken_over_already_changes_nothing(checkout: Path) -> None:
    make_change(checkout, [PRICE]).apply(checkout)
    again = make_change(checkout, [PRICE])
    assert again.is_empty and again.accepted.refused == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("x" * (LONGEST + 1), "longer"),
        ("write me at jane.doe@example.org please", "e-mail"),
        ("call me at (415) 555-0134", "phone"),
        ("my number: 4155550134", "phone"),
        ("+1 415.555.0134 ok?", "phone"),
        ("/restart", "signs that the training data gives a meaning"),
        ("is [ketamine](drug) safe", "signs that the training data gives a meaning"),
        ("odd\u0007sign", "cannot be printed"),
        ("what does it cost to kill myself", "only be taught as danger"),
        ("two\u2028lines", None),
        ("is it 200 or 2000, and 988 or 911?", None),
    ],
)
def test_a_text_that_must_not_be_taken_is_refused_with_a_reason(checkout: Path, text: str, why: str | None) -> None:
    change = make_change(checkout, [Lesson("ask_price", examples=(text,))])
    if why is None:
        assert change.accepted.example_count == 1
    else:
        assert why in only_reason(change)


@pytest.mark.parametrize(
    ("lesson", "why"),
    [
        (Lesson("ask_price", examples=("WHAT is ketamine?!",)), "it is an example of ask_ketamine"),
        (Lesson("ask_price", "what is ketamine"), "it is a training example"),
        (Lesson("ask_ketamine", "What is ketamine"), "it is a training example"),
        (Lesson("ask_ketamine", examples=("When did people first start using ketamine??",)), "question of the evalu"),
        (Lesson("ask_price", "when did people first start using ketamine"), "the evaluation expects ask_ketamine_hi"),
        (Lesson("ask_nonsense", "zz"), "no such topic"),
        (Lesson("followup_where", "zz and where"), "no questions in the evaluation"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_text_that_contradicts_the_data_is_refused(checkout: Path, lesson: Lesson, why: str) -> None:
    assert why in only_reason(make_change(checkout, [lesson]))


def test_two_lessons_that_contradict_each_other_are_not_both_taken(checkout: Path) -> None:
    lessons = [Lesson("ask_price", examples=("zz dosh",)), Lesson("ask_dose", examples=("ZZ, dosh!",))]
    change = make_change(checkout, lessons)
    assert change.accepted.examples == {"ask_price": ["zz dosh"]}
    assert [refusal.intent for refusal in change.accepted.refused] == ["ask_dose"]


def test_a_text_is_not_both_question_and_example(checkout: Path) -> None:
    change = make_change(checkout, [Lesson("ask_price", "zz how much dosh", ("ZZ how much dosh?",))])
    assert (change.accepted.question_count, change.accepted.example_count) == (1, 0)


def test_a_file_that_is_written_otherwise_is_left_alone(checkout: Path) -> None:
    (checkout / "data/nlu.yml").write_text('nlu: [{intent: ask_price, examples: "- what does it cost"}]')
    with pytest.raises(FileUnexpected):
        make_change(checkout, [Lesson("ask_price", examples=("zz dosh",))])

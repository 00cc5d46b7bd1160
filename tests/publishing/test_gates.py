"""What keeps a model from going live."""

from __future__ import annotations

from typing import Any

from publishing.gates import compare


def evaluation(right: dict[str, bool], **goals: tuple[float, float]) -> dict[str, Any]:
    """An evaluation: whether each question was answered right; the value and bound of each goal."""
    questions = [
        {"kind": "covered", "text": text, "expected": "a", "given": "a" if is_right else "b", "right": is_right}
        for text, is_right in right.items()
    ]
    rows = [
        {
            "name": name.replace("_", " "),
            **{"value": value, "bound": bound, "at_least": True, "unit": "%", "met": value >= bound},
        }
        for name, (value, bound) in goals.items()
    ]
    return {"questions": questions, "goals": rows}


def test_a_better_model_may_go_live() -> None:
    found = compare(evaluation({"x": False, "y": True}, all=(90, 92)), evaluation({"x": True, "y": True}, all=(91, 92)))
    assert found.reasons == []
    assert [(q["text"], q["before"], q["after"]) for q in found.newly_right] == [("x", "b", "a")]
    assert (found.newly_wrong, found.right_before, found.right_after, found.questions) == ([], 1, 2, 2)


def test_as_many_wrong_as_right_may_go_live_and_one_more_may_not() -> None:
    live = evaluation({"x": False, "y": True, "z": True})
    assert compare(live, evaluation({"x": True, "y": False, "z": True})).reasons == []
    assert "2 wrong, 1 right" in compare(live, evaluation({"x": True, "y": False, "z": False})).reasons[0]


def test_a_goal_that_is_met_must_stay_met() -> None:
    (reason,) = compare(evaluation({}, all=(92, 92)), evaluation({}, all=(91.9, 92))).reasons
    assert reason == "“all” must be at least 92 and would be 91.9 %"


def test_a_goal_that_is_missed_already_does_not_hold_up_what_is_better() -> None:
    assert compare(evaluation({}, all=(80, 92)), evaluation({}, all=(79, 92))).reasons == []


def test_people_in_danger_are_never_recognised_less_often_whatever_the_bound() -> None:
    for name in ("crisis_recall", "emergency_recall"):
        (reason,) = compare(evaluation({}, **{name: (100, 97)}), evaluation({}, **{name: (99.8, 97)})).reasons
        assert "would be overlooked: 99.8 % instead of 100.0 %" in reason

"""A clinician's review holds for a wording and a year; a number for help is tried every quarter."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from knowledge import reviews
from knowledge.reviews import DIAL_DAYS, REVIEW_DAYS, Helpline, Review, due_dials, due_reviews

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("review", "why"),
    [
        (None, "nobody has signed"),
        (Review("Dr. A", TODAY, "old"), "changed since Dr. A"),
        (Review("Dr. A", TODAY - timedelta(days=REVIEW_DAYS + 1), "now"), "over a year ago"),
        (Review("Dr. A", TODAY - timedelta(days=REVIEW_DAYS), "now"), None),
    ],
)
def test_a_review_ends_with_its_wording_and_after_a_year(review: Review | None, why: str | None) -> None:
    found = due_reviews({"utter_tea": review} if review else {}, {"utter_tea": "now"}, TODAY)
    assert (found == {}) if why is None else (why in found["utter_tea"])


def test_a_number_is_to_be_tried_every_quarter() -> None:
    tried = [{"on": TODAY - timedelta(days=400), "by": "Ann"}, {"on": TODAY - timedelta(days=DIAL_DAYS), "by": "Ann"}]
    lines = [Helpline("1", "", "", []), Helpline("2", "", "", tried), Helpline("3", "", "", tried[:1])]
    assert set(due_dials(lines, TODAY)) == {"1", "3"}


def test_signing_is_kept_with_the_head_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "reviews.yml"
    shutil.copy(reviews._REVIEWS, path)
    head = path.read_text().partition("{}")[0]
    reviews.sign("utter_ask_dissociation", "Dr. B", TODAY, path)
    reviews.sign("utter_ask_side_effects", "Dr. C", TODAY, path)
    kept = reviews.read_reviews(path)
    assert path.read_text().startswith(head)
    due = due_reviews(kept, reviews.wordings(), TODAY)
    assert not {"utter_ask_dissociation", "utter_ask_side_effects"} & set(due)
    with pytest.raises(KeyError):
        reviews.sign("utter_no_such_answer", "Dr. B", TODAY, path)


def test_no_recorded_review_or_call_has_run_out() -> None:
    today, present = date.today(), reviews.wordings()
    kept = reviews.read_reviews()
    assert set(kept) <= set(present)
    assert {name: why for name, why in due_reviews(kept, present, today).items() if name in kept} == {}
    dialled = [line for line in reviews.read_helplines() if line.dialled]
    assert due_dials(dialled, today) == {}

"""A message that would wait too long is refused with the time to come back; one of danger never is."""

from __future__ import annotations

import pytest

from assistant.channels.admission import Admission
from assistant.channels.incoming import Refused


def test_a_full_server_refuses_with_the_time_to_come_back_and_where_help_is() -> None:
    admission = Admission(most=1)

    with admission.place(in_danger=False), pytest.raises(Refused) as refused, admission.place(in_danger=False):
        pass

    assert refused.value.status == 429
    assert refused.value.retry_after
    assert "988" in refused.value.reason


def test_danger_is_let_in_however_full_it_is() -> None:
    admission = Admission(most=1)

    with admission.place(in_danger=False), admission.place(in_danger=True), admission.place(in_danger=True):
        pass


def test_a_place_is_free_again_after_an_answer_and_after_a_failure() -> None:
    admission = Admission(most=1)
    with pytest.raises(ZeroDivisionError), admission.place(in_danger=False):
        raise ZeroDivisionError

    with admission.place(in_danger=False):
        pass

"""A message that would wait too long is refused with the time to come back; one of danger never is."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from assistant.channels.admission import Admission
from assistant.channels.incoming import Refused


def test_a_full_server_refuses_with_the_time_to_come_back_and_where_help_is() -> None:
    admission = Admission(most=1)

    with admission.place("a", False), pytest.raises(Refused) as refused, admission.place("b", False):
        pass

    assert refused.value.status == 429
    assert refused.value.retry_after
    assert "988" in refused.value.reason


def test_danger_is_let_in_however_full_it_is() -> None:
    admission = Admission(most=1)

    with admission.place("a", False), admission.place("b", True), admission.place("c", True):
        pass


def test_a_place_is_free_again_after_an_answer_and_after_a_failure() -> None:
    admission = Admission(most=1)
    with pytest.raises(ZeroDivisionError), admission.place("a", False):
        raise ZeroDivisionError

    with admission.place("b", False):
        pass


def test_the_messages_of_one_visitor_take_one_place_and_have_a_limit_of_their_own() -> None:
    admission = Admission(most=2)

    with ExitStack() as places:
        for _ in range(10):
            places.enter_context(admission.place("fast", False))
        with pytest.raises(Refused):
            places.enter_context(admission.place("fast", False))
        places.enter_context(admission.place("another", False))
        places.enter_context(admission.place("fast", True))
        with pytest.raises(Refused):
            places.enter_context(admission.place("third", False))

    with admission.place("fast", False), admission.place("third", False):
        pass
    assert not admission._inside

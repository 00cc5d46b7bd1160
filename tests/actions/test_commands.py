"""What visitors say to the form itself."""

from __future__ import annotations

import pytest

from actions.commands import Command, read_command

SAID = {
    "go back": Command.BACK,
    "back please": Command.BACK,
    "the previous question": Command.BACK,
    "stop": Command.STOP,
    "Cancel this.": Command.STOP,
    "no stop": Command.STOP,
    "nevermind": Command.STOP,
    "i changed my mind": Command.STOP,
    "forget about it": Command.STOP,
    "that’s wrong": Command.WRONG,
    "this is not right": Command.WRONG,
    "i made a typo": Command.WRONG,
    "change the phone": Command.CHANGE_CONTACT,
    "i want to use a different email": Command.CHANGE_CONTACT,
    "my number is wrong": Command.CHANGE_CONTACT,
    "can i correct my name": Command.CHANGE_NAME,
    "change the time": Command.CHANGE_TIMES,
    "skip": Command.SKIP,
    "i'd rather not say": Command.SKIP,
    "can I talk to a real person": Command.PERSON,
    "human please": Command.PERSON,
}


@pytest.mark.parametrize("said", SAID)
def test_a_command_is_understood(said: str) -> None:
    assert read_command(said) is SAID[said]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "!!!",
        "Maria",
        "Stopford",
        "415 555 0134",
        "thursday mornings",
        "what happens when i stop the treatment",
        "my back hurts and it will not stop, can you help me with that at all",
        "the phone",
    ],
)
def test_what_is_no_command_is_left_to_the_form(said: str) -> None:
    assert read_command(said) is None


def test_where_it_was_asked_what_to_change_the_name_of_a_field_is_enough() -> None:
    assert read_command("the phone", whole=True) is Command.CHANGE_CONTACT
    assert read_command("Times", whole=True) is Command.CHANGE_TIMES

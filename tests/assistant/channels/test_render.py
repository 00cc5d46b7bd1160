"""Replies as each channel can show them: within its limits, cut at sentences, nothing lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.channels.render import MOST_SEGMENTS, bodies, chosen, numbered, parts
from assistant.channels.sms_text import plain, segments
from assistant.channels.table import TABLE
from assistant.conversations.messages import ASSISTANT, VISITOR, Message

texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=6000).filter(str.strip)
BUTTONS = tuple({"title": f"Choice {n}", "payload": f"/ask_{n}"} for n in range(1, 4))
every_channel = pytest.mark.parametrize("channel", TABLE)


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@every_channel
@given(text=texts)
def test_every_part_is_within_the_limits_and_nothing_is_lost(channel: str, text: str) -> None:
    abilities = TABLE[channel]
    made = parts(text, (), abilities)
    whole = plain(text) if abilities.is_sms else text
    assert all(0 < len(one["text"]) <= abilities.most_text for one in made)
    assert not abilities.is_sms or all(segments(one["text"]) <= MOST_SEGMENTS for one in made)
    numbers = len(made) > 1
    said = "".join(re.sub(r"^\(\d+/\d+\) ", "", one["text"]) if numbers else one["text"] for one in made)
    assert bare(said) == bare(whole)


def test_a_long_text_is_cut_at_sentences_and_numbered() -> None:
    sentence = "This is one sentence of a long answer that somebody reads on a phone. "
    made = [one["text"] for one in parts(sentence * 20, (), TABLE["sms"])]
    assert len(made) > 1
    assert all(text.startswith(f"({n}/{len(made)}) This") and text.endswith("phone.") for n, text in enumerate(made, 1))


def test_buttons_show_as_the_channel_has_them() -> None:
    long = [{"title": "t" * 22, "payload": "/a"}] * 3
    too_long = [{"title": "t" * 30, "payload": "/a"}]
    assert parts("Hello", BUTTONS, TABLE["whatsapp"])[0]["as"] == "buttons"
    assert parts("Hello", long, TABLE["whatsapp"])[0]["as"] == "list"
    assert parts("Hello", too_long, TABLE["whatsapp"]) == [{"text": f"Hello\n\n{numbered(too_long)}"}]
    assert parts("Hello", BUTTONS, TABLE["sms"]) == [{"text": f"Hello\n\n{numbered(BUTTONS)}"}]
    wide = [{"title": "t", "payload": "/" + "é" * 32}]  # 65 bytes
    assert "buttons" not in parts("Hello", wide, TABLE["telegram"])[0]


@pytest.mark.parametrize("text", ["2", " 2. ", "(2)", "#2", "2)"])
def test_a_number_is_the_choice_that_it_stands_for(text: str) -> None:
    assert chosen(text, BUTTONS) == BUTTONS[1]


@pytest.mark.parametrize("text", ["0", "4", "22", "two", "2 please", "415", "", "²"])
def test_other_numbers_are_none(text: str) -> None:
    assert chosen(text, BUTTONS) is None


def test_of_several_replies_the_last_menu_is_the_one_with_numbers() -> None:
    said = [
        Message(1, "a", VISITOR, "hello", 0.0),
        Message(2, "a.0", ASSISTANT, "One", 0.0, buttons=BUTTONS),
        Message(3, "a.1", ASSISTANT, "Two", 0.0, buttons=BUTTONS),
    ]
    assert bodies(said, TABLE["sms"]) == [(2, [{"text": "One"}]), (3, [{"text": f"Two\n\n{numbered(BUTTONS)}"}])]


def test_every_answer_fits_one_sms_of_three_segments_with_its_choices(domain: dict[str, Any]) -> None:
    notice = domain["responses"]["utter_automated"][1]["text"]
    for name, variants in domain["responses"].items():
        own = [variant for variant in variants if variant.get("channel") == "sms"]
        for variant in own or [one for one in variants if "channel" not in one]:
            text = variant.get("text") or ""
            if name.startswith("utter_ask_") and "booking" not in name:  # may be the first of a conversation
                text += f"\n\n{notice}"
            made = parts(text, variant.get("buttons") or (), TABLE["sms"])
            assert len(made) <= 1, name
            assert all(segments(one["text"]) <= MOST_SEGMENTS for one in made), name


def test_no_menu_asks_for_a_word_that_carriers_act_on(domain: dict[str, Any]) -> None:
    words = {"stop", "stopall", "end", "quit", "cancel", "unsubscribe", "revoke", "optout", "start", "yes", "unstop"}
    buttons = [one for some in domain["responses"].values() for each in some for one in each.get("buttons") or ()]
    assert [one["title"] for one in buttons if one["title"].lower() in words - {"yes"}] == []
    texts = [each.get("text") or "" for some in domain["responses"].values() for each in some]
    asked = re.compile(r"(?i)\b(?:write|reply|type|say|text|send)\b[^.]{0,12}[“\"']?\b(cancel|end|quit|stop)\b")
    asking = [text for text in texts if asked.search(text)]
    assert all("no more messages" in text or "end these messages" in text for text in asking), asking

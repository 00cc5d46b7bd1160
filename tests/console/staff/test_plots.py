"""The shapes of plots, and the words that stand for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.staff import plots
from console.staff.plots import Axis, Series, round_top

DAYS = Axis(["Nov 24", "Nov 25", "Nov 26"], ["Nov 24", "Nov 25", "Nov 26"])


@given(st.floats(1e-6, 1e9))
def test_a_scale_holds_its_value_and_is_not_much_longer(value: float) -> None:
    assert value * 0.999999 <= round_top(value) <= 2.001 * value


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 4), (10, 10), (101, 200), (0.3, 0.4), (0.07, 0.08)])
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    assert round_top(value) == pytest.approx(top)


def test_columns_stand_on_the_ground_as_high_as_they_count() -> None:
    plot = plots.columns("volume", "Volume", DAYS, [Series("Messages", "m", [4, 0, 2])])
    assert [(one.y, one.height) for one in plot.rects] == [("0.00", "100.00"), ("100.00", "0.00"), ("50.00", "50.00")]
    assert plot.ticks == ("4", "2", "0") and plot.places == 3
    assert plot.says == "Messages: 0 to 4, highest: Nov 24."
    assert plot.tips[2] == "Nov 26: Messages 2"


def test_a_scale_of_things_has_no_halves() -> None:
    plot = plots.columns("volume", "Volume", DAYS, [Series("Messages", "m", [1, 0, 0])])
    assert plot.ticks == ("2", "1", "0")


def test_parts_stand_on_each_other() -> None:
    series = [Series("Good", "g", [0.75, None, 0.5]), Series("Bad", "b", [0.25, None, 0.5])]
    plot = plots.stack("shares", "Shares", DAYS, series, lambda value: f"{value:.0%}")
    assert [(one.kind, one.x, one.y, one.height) for one in plot.rects] == [
        ("g", "0.08", "25.00", "75.00"),
        ("b", "0.08", "0.00", "25.00"),
        ("g", "2.08", "50.00", "50.00"),
        ("b", "2.08", "0.00", "50.00"),
    ]
    assert plot.tips[1] == "Nov 25: none" and plot.ticks == ("100%", "50%", "0%")


def test_a_line_is_broken_where_nothing_is_known_and_a_lonely_place_is_a_dot() -> None:
    plot = plots.lines("times", "Times", DAYS, [Series("Half", "h", [2.0, None, 1.0])], lambda value: f"{value} s")
    assert plot.lines[0].path == "M0.5 0.00h0M2.5 50.00h0"
    plot = plots.lines("times", "Times", DAYS, [Series("Half", "h", [None, 1.0, 1.0])], lambda value: f"{value} s")
    assert plot.lines[0].path == "M1.5 0.00h0L2.5 0.00" and plot.says == "Half: 1.0 s throughout."


def test_without_values_a_plot_says_so() -> None:
    plot = plots.lines("times", "Times", DAYS, [Series("Half", "h", [None] * 3)], str)
    assert plot.says == "Half: none." and plot.lines[0].path == ""


def test_the_longest_bar_is_as_wide_as_the_page_and_no_label_is_longer_than_a_phone() -> None:
    drawn = plots.bars("topics", "Topics", [("Safety", 8, "8"), ("x" * 60, 2, "2"), ("None", 0, "0")])
    assert [one.share for one in drawn.bars] == ["100", "25", "0"]
    assert len(drawn.bars[1].label) == 34 and drawn.bars[1].label.endswith("…")
    assert "x" * 60 in drawn.says

"""SMS are counted as carriers bill them, and written plainly where that changes no word."""

from __future__ import annotations

import pytest

from assistant.channels.sms_text import plain, segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # a sign of two is not cut in two
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 of them fit in 67 units
    ],
)
def test_segments(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("“Is it right?” – it’s…", '"Is it right?" - it\'s...'),
        ("línea número está", "linea número esta".replace("ú", "u")),
        ("¿Cómo? ñandú é", "¿Como? ñandu é"),
        ("李 Żaneta", "李 Zaneta"),
        ("😀", "😀"),
    ],
)
def test_plain(text: str, written: str) -> None:
    assert plain(text) == written

"""Names that look like other names."""

import sys
import unicodedata

import pytest

from serving.name_faults import fault_of


@pytest.mark.parametrize(
    "name",
    [
        "ann",
        "Zoë",
        "o'Neill, Dr. A.-B. #4711 / x",
        "山田\u3000太郎",
        "नेपाल",
        "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc",
        "\u0915\u094d\u200d\u0937",
        "\u0d28\u0d4d\u200d",
        "...",
        "a..",
        "\U0001f600",
        "\U0001f9d1\u200d\U0001f680",
        "\U0001f9d1\U0001f3fd\u200d\u2695",
        "\ue000",
    ],
)
def test_names_that_can_be_told_apart(name: str):
    assert fault_of(name) is None


@pytest.mark.parametrize(
    "name",
    [
        ".",
        "a\u2800b",
        "a\ufdd0",
        "a\U0010ffff",
        "..",
        " ann",
        "ann ",
        "\xa0ann",
        "ann\u2028",
        "a\xa0b",
        "a\u2009b",
        "a\u2029b",
        "a\u200db",
        "a\u200cb",
        "\u200d",
        "\U0001f600\u200d",
        "a\u200d\U0001f680",
        "\U0001f9d1\u200c\U0001f680",
    ],
)
def test_names_that_cannot(name: str):
    assert fault_of(name)


def test_no_character_of_the_invisible_categories_is_accepted():
    accepted = {
        chr(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in {"Cf", "Zl", "Zp"} and fault_of(f"a{chr(point)}b") is None
    }
    assert accepted == set()


@pytest.mark.parametrize(
    "point", [0xAD, 0x34F, 0x115F, 0x180B, 0x202E, 0x2065, 0x3164, 0xFE0F, 0xE0001, 0xE0041, 0xE0100]
)
def test_what_is_shown_as_nothing_is_named(point: int):
    assert fault_of(f"acme{chr(point)}") == f"must not contain the invisible character U+{point:04X}"

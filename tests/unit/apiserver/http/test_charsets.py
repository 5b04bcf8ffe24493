"""Which character encodings are known."""

import pytest

from apiserver.http.charsets import codec_of, decoded


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf_8"),
        ("utf8", "utf_8"),
        (" Windows-1251 ", "cp1251"),
        ("windows-874", "cp874"),
        ("ISO-8859-1", "cp1252"),
        ("US-ASCII", "ascii"),
        ("KOI8-R", "koi8_r"),
        ("koi8-u", "koi8_u"),
        ("Shift_JIS", "cp932"),
        ("EUC-KR", "cp949"),
        ("GB2312", "gb18030"),
        ("Big5", "big5"),
        ("iso-2022-jp", "iso2022_jp"),
        ("", None),
        ("klingon", None),
        ("utf-7", None),
        ("unicode_escape", None),
        ("punycode", None),
        ("idna", None),
        ("base64", None),
        ("zip", None),
        ("rot13", None),
        ("../os", None),
    ],
)
def test_labels(label, codec):
    assert codec_of(label) == codec
    assert codec is None or "a".encode(codec).decode(codec) == "a"


@pytest.mark.parametrize(
    ("text", "label", "result"),
    [
        ("жук".encode(), "", "жук"),
        ("жук".encode(), "windows-1251", "жук"),
        ("жук".encode("cp1251"), "windows-1251", "жук"),
        (b"caf\xe9", "", "café"),
        (b"caf\xe9\xff", "ascii", "caféÿ"),
    ],
)
def test_undeclared_texts_are_utf8_or_what_the_form_says_or_latin1(text, label, result):
    assert decoded(text, label) == result

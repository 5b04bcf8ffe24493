"""Names and file names as clients have written them."""

import pytest

from apiserver.http.part_heads import read_head
from apiserver.problems import InvalidForm


def name_of(disposition: bytes, form_charset: str = "") -> str | None:
    return read_head(disposition, b"", b"", form_charset).filename


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("", None),
        ('; filename=""', ""),
        ('; filename="a.jpg"', "a.jpg"),
        ("; filename=a.jpg", "a.jpg"),  # .NET
        (';FileName = "a.jpg"', "a.jpg"),
        ('; filename="Zoë.jpg"', "Zoë.jpg"),  # browsers, curl, requests
        ("; filename*=utf-8''Zo%C3%AB.jpg", "Zoë.jpg"),  # requests with urllib3 before 1.25
        ("; filename*=\"UTF-8'en'Zo%C3%AB.jpg\"", "Zoë.jpg"),
        ("; filename*=iso-8859-1'en'Zo%EB.jpg", "Zoë.jpg"),
        ("; filename*=windows-1251''%C0%ED%ED%E0.jpg", "Анна.jpg"),
        ("; filename*=klingon''Zo%C3%AB.jpg", "Zoë.jpg"),
        ("; filename*=utf-8''Zo%EB.jpg", "Zoë.jpg"),
        ("; filename*=Zo.jpg; filename=b.jpg", "b.jpg"),  # not as RFC 8187 has it
        ("; filename=\"=?utf-8?B?Wm/Dqy5qcGc=?=\"; filename*=utf-8''Zo%C3%AB.jpg", "Zoë.jpg"),  # .NET
        ("; filename*=utf-8''Zo%C3%AB.jpg; filename=\"Zo_.jpg\"", "Zoë.jpg"),
        ("; filename=\"a; filename*=utf-8''b\"", "a; filename*=utf-8''b"),
        ('; filename="=?UTF-8?Q?Zo=C3=AB=2Ejpg?="', "Zoë.jpg"),  # JavaMail
        ('; filename="=?windows-1251?B?wO3t4A==?= =?utf-8?Q?.jpg?="', "Анна.jpg"),
        ('; filename="=?klingon?Q?a=C3=AB?="', "aë"),
        ('; filename="=?utf-8?B?A?="', "=?utf-8?B?A?="),
        ('; filename="Zo%C3%AB%20Q.jpg"', "Zoë Q.jpg"),
        ('; filename="100%25 off%20.jpg"', "100%25 off%20.jpg"),
        ('; filename="Zoë%C3%AB.jpg"', "Zoë%C3%AB.jpg"),
        ('; filename="Zo%EB.jpg"', "Zo%EB.jpg"),
        ('; filename="a%22b%22.jpg"', 'a"b".jpg'),  # browsers
        ('; filename="a\\"b\\".jpg"', 'a"b".jpg'),  # curl before 7.81
        ('; filename="a;b=c.jpg"', "a;b=c.jpg"),
        ('; filename="C:\\photos\\a.jpg"', "a.jpg"),  # Internet Explorer
    ],
)
def test_file_names(parameters, name):
    assert name_of(f'form-data; name="file"{parameters}'.encode()) == name


@pytest.mark.parametrize(("charset", "name"), [("windows-1251", "Анна"), ("", "Àííà"), ("klingon", "Àííà")])
def test_a_name_that_is_not_utf8_is_in_the_charset_of_the_form(charset, name):
    assert name_of(b'form-data; name="file"; filename="\xc0\xed\xed\xe0"', charset) == name


def test_the_name_of_a_field_may_be_extended():
    assert read_head(b"form-data; name*=utf-8''pers%6Fn", b"", b"", "").name == "person"


@pytest.mark.parametrize("disposition", [b"", b"form-data", b"form-data; filename=a", b"form-data; name*=a"])
def test_a_part_without_a_name_is_refused(disposition):
    with pytest.raises(InvalidForm):
        read_head(disposition, b"", b"", "")


@pytest.mark.parametrize("piece", [b'"', b'a="', b'\\"', b" =?a?Q?", b"'c'%"])
def test_long_heads_are_read_in_no_time(piece):
    """In time that grows with the square of the length, the many pieces would take minutes."""
    read_head(b"form-data; name=a; filename*=" + piece * (200_000 // len(piece)), b"", b"", "")


@pytest.mark.parametrize("parameter", [b";", b";a", b';a="', b';a="\\', b";*", b";a*=b'c'%", b";filename*0*=a"])
def test_heads_with_too_many_parameters_are_refused(parameter):
    with pytest.raises(InvalidForm):
        read_head(b"form-data; name=a" + parameter * 301, b"", b"", "")
    with pytest.raises(InvalidForm):
        read_head(b"form-data; name=a", b"text/plain" + parameter * 301, b"", "")

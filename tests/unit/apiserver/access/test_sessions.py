import pytest

from apiserver.access.sessions import SessionCookie


def test_a_cookie_is_random_and_hides_itself():
    cookie, other = SessionCookie.new(), SessionCookie.new()
    assert cookie.value != other.value
    assert SessionCookie.read(cookie.value) == cookie
    assert cookie.value not in repr(cookie) + cookie.id + cookie.csrf_token
    assert cookie.admits(cookie.csrf_token)
    assert not cookie.admits(other.csrf_token)
    assert not cookie.admits("ö")


@pytest.mark.parametrize("value", ["", "x" * 42, "x" * 44, "x" * 42 + "=", "x" * 42 + "é", "x" * 43 + "\n"])
def test_other_values_are_no_cookies(value):
    assert SessionCookie.read(value) is None

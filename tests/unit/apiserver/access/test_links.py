"""Signatures of links to photographs."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apiserver.access.links import METHOD, Link, SentLink, SigningKey
from apiserver.problems import LinkExpired, LinkInvalid

SIGNING = SigningKey("20421", bytes(range(32)))
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
LINKS = st.builds(Link, path=NAMES, directory=NAMES, key=NAMES, expires=st.integers(1, 10**11))


def sent(link: Link) -> SentLink:
    return SentLink.read(METHOD, link.path, parse_qsl(link.signed(SIGNING)))


@given(LINKS)
def test_a_link_works_until_the_moment_it_expires(link):
    sent(link).check(link.directory, SIGNING, link.expires - 1)
    with pytest.raises(LinkExpired):
        sent(link).check(link.directory, SIGNING, link.expires)


@given(LINKS, st.sampled_from(["method", "path", "key", "kid", "signature"]), NAMES)
def test_no_part_of_a_link_can_be_changed(link, part, other):
    tampered = replace(sent(link), **{part: other})
    assume(tampered != sent(link))
    with pytest.raises(LinkInvalid):
        tampered.check(link.directory, SIGNING, 0)


@given(LINKS, st.integers(1, 10**11))
def test_a_link_cannot_be_prolonged(link, expires):
    assume(expires != link.expires)
    with pytest.raises(LinkInvalid):
        replace(sent(link), expires=expires).check(link.directory, SIGNING, 0)


@given(LINKS, NAMES)
def test_a_link_is_for_one_directory(link, directory):
    assume(directory != link.directory)
    with pytest.raises(LinkInvalid):
        sent(link).check(directory, SIGNING, 0)


@given(LINKS, st.binary(min_size=32, max_size=32))
def test_another_secret_signs_otherwise(link, secret):
    assume(secret != SIGNING.secret)
    for signing in (SigningKey(SIGNING.kid, secret), SigningKey("20422", SIGNING.secret), None):
        with pytest.raises(LinkInvalid):
            sent(link).check(link.directory, signing, 0)


@given(LINKS, st.data())
def test_each_parameter_is_sent_once(link, data):
    parameters = parse_qsl(link.signed(SIGNING))
    one = data.draw(st.sampled_from(parameters))
    missing = [each for each in parameters if each != one]
    for wrong in (missing, [*parameters, one], [*missing, (one[0] + "2", one[1])]):
        with pytest.raises(LinkInvalid):
            SentLink.read(METHOD, link.path, wrong)


@pytest.mark.parametrize("expires", ["", "-1", "1e9", "0123", " 12", "\u0661", "1" * 13, "1.5"])
def test_the_time_is_written_in_one_way(expires):
    parameters = [("expires", expires), ("key", "k"), ("kid", "1"), ("signature", "s")]
    with pytest.raises(LinkInvalid):
        SentLink.read(METHOD, "/files/a", parameters)

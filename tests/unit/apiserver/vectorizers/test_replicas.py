"""Which vectorizer gets the next image."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.vectorizers.replicas import Replica, Replicas

PLACES = 4


def replicas_at(*urls: str) -> Replicas:
    replicas = Replicas(PLACES, Random(7))
    replicas.update(urls)
    return replicas


def chosen(replicas: Replicas, now: float = 0.0, other_than: Replica | None = None) -> Replica:
    replica = replicas.choose(now, other_than)
    assert replica is not None
    return replica


def named(replicas: Replicas, url: str, now: float = 0.0) -> Replica:
    return next(replica for replica in (chosen(replicas, now) for _ in range(1000)) if replica.url == url)


def test_of_two_the_one_with_less_to_do():
    replicas = replicas_at("a", "b")
    named(replicas, "a").in_flight = 1
    assert {chosen(replicas).url for _ in range(100)} == {"b"}


def test_equals_share_the_work():
    replicas = replicas_at("a", "b", "c")
    counts = Counter(chosen(replicas).url for _ in range(3000))
    assert min(counts.values()) > 800


def test_equals_take_turns():
    """Where chance alone would give one of three a third more than another of some hundred images."""
    replicas = replicas_at("a", "b", "c")
    counts = Counter(chosen(replicas).url for _ in range(100))
    assert max(counts.values()) - min(counts.values()) <= 6


def test_the_busiest_of_many_gets_nothing():
    replicas = replicas_at("a", "b", "c", "d")
    named(replicas, "a").in_flight = 1
    assert "a" not in {chosen(replicas).url for _ in range(300)}


def test_the_loads_stay_close_together():
    """Where one at random would leave the fullest of ten with a dozen more than the emptiest."""
    replicas = Replicas(1000, Random(7))
    replicas.update("abcdefghij")
    taken: Counter[str] = Counter()
    for _ in range(1000):
        replica = chosen(replicas)
        replica.in_flight += 1
        taken[replica.url] += 1
    assert max(taken.values()) - min(taken.values()) <= 6


def test_another_than_the_first_is_another():
    replicas = replicas_at("a", "b")
    first = chosen(replicas)
    assert {chosen(replicas, other_than=first).url for _ in range(50)} == {"a", "b"} - {first.url}
    assert replicas_at("a").choose(0.0, other_than=None) is not None


def test_the_only_one_has_no_other():
    replicas = replicas_at("a")
    assert replicas.choose(0.0, other_than=chosen(replicas)) is None


def test_without_any_there_is_no_choice_but_no_want_of_room_either():
    assert replicas_at().choose(0.0) is None
    assert replicas_at().has_room(0.0)


def test_full_is_full():
    replicas = replicas_at("a")
    replica = chosen(replicas)
    replica.in_flight = PLACES - 1
    assert replicas.choose(0.0) is replica
    replica.in_flight = PLACES
    assert replicas.choose(0.0) is None
    assert not replicas.has_room(0.0)


def test_a_refusal_tells_how_many_fit_until_it_is_forgotten():
    replicas = replicas_at("a")
    replica = chosen(replicas)
    replica.in_flight = 3  # of which one is refused
    replica.refused(now=10.0)
    replica.in_flight = 2
    assert not replicas.has_room(10.5)
    replica.in_flight = 1
    assert replicas.has_room(10.5)
    replica.in_flight = 2
    assert replicas.has_room(11.0)


def test_one_of_ours_may_always_ask_a_replica_that_others_fill():
    replicas = replicas_at("a")
    replica = chosen(replicas)
    replica.in_flight = 1
    replica.refused(now=0.0)
    replica.in_flight = 0
    assert replicas.choose(0.1) is replica


def test_who_failed_is_set_aside_until_it_is_well():
    replicas = replicas_at("a", "b")
    failed = named(replicas, "a")
    failed.failed(now=0.0)
    assert {chosen(replicas).url for _ in range(50)} == {"b"}
    failed.recovered()
    assert {chosen(replicas).url for _ in range(50)} == {"a", "b"}


def test_when_all_are_set_aside_any_is_better_than_none():
    replicas = replicas_at("a", "b")
    for url in "ab":
        named(replicas, url).failed(now=0.0)
    assert {chosen(replicas).url for _ in range(50)} == {"a", "b"}


def test_a_full_one_is_not_replaced_by_one_set_aside():
    replicas = replicas_at("a", "b")
    named(replicas, "a").failed(now=0.0)
    full = chosen(replicas)
    full.in_flight = PLACES
    assert replicas.choose(0.0) is None
    full.in_flight = 1
    assert replicas.choose(0.0, other_than=full) is None


def waits(replica: Replica, failures: int) -> list[float]:
    """Return how long each of so many failures, one as soon as the other is over, keeps it from being asked."""
    lengths, now = [], 100.0
    for _ in range(failures):
        replica.failed(now)
        lengths.append(next(n / 100 for n in range(1, 10_000) if replica.is_due(now + n / 100)))
        now += lengths[-1]
    return lengths


def test_it_is_asked_less_and_less_often():
    assert waits(Replica("a", PLACES), 7) == [0.25, 0.5, 1, 2, 4, 5, 5]


def test_many_that_fail_at_once_are_one_failure():
    replica = Replica("a", PLACES)
    for now in (100.0, 100.01, 100.2):
        replica.failed(now)
    assert replica.is_due(100.25)


def test_only_an_answer_makes_failures_forgotten():
    replica = Replica("a", PLACES)
    assert waits(replica, 2) == [0.25, 0.5]
    replica.recovered()
    assert waits(replica, 1) == [1]
    replica.answered()
    assert waits(replica, 1) == [0.25]


def test_only_those_set_aside_are_asked():
    replicas = replicas_at("a", "b")
    assert replicas.due(1e9) == []
    named(replicas, "b").failed(now=0.0)
    assert replicas.due(0.2) == []
    assert [replica.url for replica in replicas.due(0.3)] == ["b"]


def test_addresses_come_and_go_and_those_that_stay_are_not_forgotten():
    replicas = replicas_at("a", "b")
    named(replicas, "a").in_flight = 3
    named(replicas, "b").failed(now=0.0)
    replicas.update(["a", "c"])
    assert len(replicas.known) == 2
    assert {chosen(replicas).url for _ in range(50)} == {"c"}
    assert named_in_flight(replicas) == {"a": 3, "c": 0}


def named_in_flight(replicas: Replicas) -> dict[str, int]:
    seen: dict[str, int] = {}
    while (replica := replicas.choose(0.0)) is not None:
        seen.setdefault(replica.url, replica.in_flight)
        replica.in_flight = PLACES  # out of the way
    return seen


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["take", "give", "fail", "mend"])), max_size=60))
@pytest.mark.parametrize("slots", [1, 3])
def test_whatever_happens_a_choice_has_room_and_is_sound_if_any_is(slots: int, events: list[tuple[str, str]]):
    replicas = Replicas(slots, Random(7))
    replicas.update("abc")
    known = {url: named(replicas, url) for url in "abc"}
    for url, event in events:
        replica = known[url]
        match event:
            case "take":
                replica.in_flight = min(slots, replica.in_flight + 1)
            case "give":
                replica.in_flight = max(0, replica.in_flight - 1)
            case "fail":
                replica.failed(0.0)
            case "mend":
                replica.recovered()
        sound = [one for one in known.values() if not one.set_aside] or list(known.values())
        choice = replicas.choose(0.0)
        assert choice in sound if any(one.in_flight < slots for one in sound) else choice is None
        assert choice is None or choice.in_flight < slots

"""Slots count what has arrived."""

import pytest

from apiserver.problems import GatewayBusy
from apiserver.slots import Slots

SLOT = 1_000_000


def test_bodies_that_have_hardly_begun_take_no_slot():
    slots = Slots(1, SLOT)
    with slots.taken() as first, slots.taken() as second, slots.taken() as third:
        for body in (first, second):
            body.grow(100)
        third.grow(SLOT // 2)
        third.arrive()
        assert slots.in_use == 1
    assert slots.in_use == 0


def test_bodies_that_arrive_share_slots_by_their_bytes():
    slots = Slots(2, SLOT)
    with slots.taken() as first, slots.taken() as second:
        first.grow(SLOT * 3 // 2)
        second.grow(SLOT)
        assert slots.in_use == 2
        with pytest.raises(GatewayBusy):
            second.grow(SLOT * 3 // 2)
        assert slots.in_use == 2
        with pytest.raises(GatewayBusy), slots.taken():
            pytest.fail("there is no slot")
    assert slots.in_use == 0


def test_what_is_read_from_elsewhere_counts_with_the_body_that_asked_for_it():
    slots = Slots(3, SLOT)
    with slots.taken() as body, slots.taken() as other:
        body.grow(100)
        body.arrive()
        assert slots.in_use == 1
        body.add(SLOT)
        assert slots.in_use == 1
        body.add(SLOT)
        assert slots.in_use == 2
        other.grow(SLOT)
        other.arrive()
        with pytest.raises(GatewayBusy):
            other.add(SLOT)
    assert slots.in_use == 0


def test_a_body_that_has_arrived_takes_whole_slots_once():
    slots = Slots(5, SLOT)
    with slots.taken() as body:
        body.grow(SLOT * 5 // 2)
        body.arrive()
        body.grow(SLOT * 5 // 2)  # it is read a second time
        body.arrive()
        assert slots.in_use == 3
        with slots.taken() as other:
            other.grow(SLOT * 5 // 2)
            with pytest.raises(GatewayBusy):
                other.arrive()
        assert slots.in_use == 3


def test_all_bodies_together_are_limited_whether_they_have_arrived_or_not():
    slots = Slots(100, SLOT, max_bytes=3 * SLOT)
    with slots.taken("a") as arrived, slots.taken("b") as arriving:
        arrived.grow(SLOT)
        arrived.arrive()
        arriving.grow(2 * SLOT)
        with pytest.raises(GatewayBusy):
            arriving.grow(2 * SLOT + 1)
        arrived.release()
        arriving.grow(2 * SLOT + 1)
    with slots.taken() as body:
        body.grow(3 * SLOT)
        body.arrive()


def test_one_client_gets_half_of_the_bytes_unless_it_sends_one_body():
    slots = Slots(100, SLOT, max_bytes=4 * SLOT)
    with slots.taken("a") as first, slots.taken("a") as second, slots.taken("b") as other:
        first.grow(SLOT)
        first.arrive()
        second.grow(SLOT)
        with pytest.raises(GatewayBusy, match="this address"):
            second.grow(SLOT + 1)
        other.grow(2 * SLOT)
    with slots.taken("a") as only:
        only.grow(4 * SLOT)


def test_a_body_larger_than_all_slots_takes_all():
    slots = Slots(2, SLOT)
    with slots.taken() as body:
        body.grow(10 * SLOT)
        body.arrive()
        assert slots.in_use == 2
    assert slots.in_use == 0


def test_a_form_may_be_a_little_larger_than_its_photograph():
    slots = Slots(5, SLOT)
    with slots.taken() as body:
        body.grow(SLOT + 60_000)
        body.arrive()
        assert slots.in_use == 1

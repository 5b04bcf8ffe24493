"""How many retries a number of requests allows."""

from hypothesis import given
from hypothesis import strategies as st

from apiserver.vectorizers.replicas import RetryBudget


def spent(budget: RetryBudget) -> int:
    """Make retries until no more may be made and return how many they were."""
    count = 0
    while budget.spend():
        count += 1
    return count


def test_a_fresh_budget_is_what_its_last_requests_would_have_earned():
    assert spent(RetryBudget(share=0.2, requests=500)) == 100


def test_every_fifth_request_earns_a_retry():
    budget = RetryBudget(share=0.2)
    spent(budget)
    for _ in range(50):
        budget.earn()
    assert spent(budget) in {9, 10}


@given(st.lists(st.booleans(), max_size=2000))
def test_retries_stay_within_their_share(requests_that_fail: list[bool]):
    budget, retries = RetryBudget(share=0.25, requests=40), 0
    for fails in requests_that_fail:
        budget.earn()
        retries += fails and budget.spend()
    assert retries <= 10 + 0.25 * len(requests_that_fail)
    assert retries == sum(requests_that_fail) or retries >= 0.25 * len(requests_that_fail) - 1


def test_quiet_times_are_not_saved_up_for_an_outage():
    budget = RetryBudget(share=0.2, requests=50)
    for _ in range(100_000):
        budget.earn()
    assert spent(budget) == 10

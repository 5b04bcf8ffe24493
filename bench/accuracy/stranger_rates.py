"""The rates of searches for strangers and for enrolled people."""

from dataclasses import dataclass

from scipy.stats import beta

FPIRS = (0.01, 0.001)
"""The requested rates: the default, and one that can be observed with fewer people."""


@dataclass(frozen=True)
class Rates:
    """The requested and the measured rates of galleries of one size.

    `named` counts strangers' searches that named somebody. `look_alikes` counts the different pairs of people behind
    them: real galleries of several rounds share people, so this is how much was really seen, and what the 95 % interval
    counts on. `fitted_people` fitted the tail.
    """

    persons: int
    fitted_people: int
    fpir_asked: float
    fpir: float
    fpir_low: float
    fpir_high: float
    fnir: float
    threshold: float
    strangers: int
    named: int
    look_alikes: int


def interval(events: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, events, trials - events + 1)) if events else 0.0
    return low, float(beta.ppf(0.975, events + 1, trials - events))

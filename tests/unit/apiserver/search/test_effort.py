"""When the effort of a search grows."""

from apiserver.search.effort import Efforts

ACME = ("acme", "model")


def noted(efforts, *answers, key=ACME):
    for right in answers:
        efforts.note(key, right=right)
    return efforts.of(key)


def test_right_answers_change_nothing():
    effort = noted(Efforts(0.9), *[True] * 500)
    assert (effort.width, effort.exact) == (1, False)


def test_few_answers_change_nothing():
    assert noted(Efforts(0.9), *[False] * 10).width == 1


def test_wrong_answers_widen_the_search_and_then_make_it_exact():
    efforts, widths = Efforts(0.9), []
    for _ in range(200):
        efforts.note(ACME, right=False)
        widths.append(efforts.of(ACME).width)
    assert sorted(set(widths)) == [1, 2, 4, 8]
    assert efforts.of(ACME).exact
    assert efforts.of(("elsewhere", "model")).width == 1


def test_the_lowest_recall_is_a_setting():
    answers = [number % 10 != 0 for number in range(400)]  # nine of ten are right
    assert noted(Efforts(0.8), *answers).width == 1
    assert noted(Efforts(0.95), *answers).width > 1

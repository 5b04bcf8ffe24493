"""Files that are remembered for a while."""

from serving.digests import Digests


def test_a_file_is_remembered_by_its_content():
    digests = Digests()
    digests.add(b"costly")

    assert b"costly" in digests
    assert b"cheap" not in digests
    assert b"kostly" not in digests


def test_only_files_of_a_remembered_length_are_read():
    digests = Digests()
    digests.add(b"costly")

    assert digests.may_contain(b"kostly")
    assert not digests.may_contain(b"cheap")


def test_a_file_is_forgotten_after_its_time():
    digests = Digests(seconds=0)
    digests.add(b"costly")

    assert b"costly" not in digests


def test_of_many_files_the_last_ones_are_remembered():
    digests = Digests(max_digests=2)
    for data in (b"one", b"two", b"one", b"three"):
        digests.add(data)

    assert b"two" not in digests
    assert b"one" in digests
    assert b"three" in digests

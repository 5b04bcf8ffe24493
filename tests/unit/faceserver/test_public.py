"""The names that users of the client import."""

import faceserver
from faceserver.client import results


def test_every_result_of_a_call_is_a_name_of_the_package():
    assert {name for name in results.__all__ if not hasattr(faceserver, name)} == set()
    assert set(results.__all__) <= set(faceserver.__all__)

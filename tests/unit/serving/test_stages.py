"""The durations of the stages of a request."""

import re

from serving.stages import Stages


def test_a_repeated_stage_adds_up_and_others_are_not_our_own():
    stages = Stages()
    with stages.measure("read"):
        pass
    once = stages.own["read"]
    with stages.measure("read"):
        pass
    stages.add({"detect": 1.25})
    stages.add({"detect": 2.0, "embed": 4.04})

    assert stages.own.keys() == {"read"}
    assert stages.own["read"] > once
    assert re.fullmatch(r"read;dur=\d+\.\d, detect;dur=3\.2, embed;dur=4\.0", stages.header())


def test_without_a_stage_the_header_is_empty():
    assert Stages().header() == ""

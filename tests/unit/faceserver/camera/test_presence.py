"""People who come and go in front of a camera."""

from faceserver.camera.presence import STRANGER, Event, Presence


def test_somebody_comes_once_and_goes_when_last_seen():
    presence = Presence(gone_after_seconds=2)

    assert presence.see(["ann"], 0.0) == [Event("came", "ann", 0.0)]
    assert presence.see(["ann"], 1.0) == []
    assert presence.see([], 3.0) == []
    assert presence.see([], 3.1) == [Event("went", "ann", 1.0)]
    assert presence.see(["ann"], 4.0) == [Event("came", "ann", 4.0)]


def test_a_short_absence_is_ignored():
    presence = Presence(gone_after_seconds=2)
    presence.see(["ann"], 0.0)

    assert presence.see([], 1.0) == []
    assert presence.see(["ann"], 2.0) == []
    assert presence.see([], 4.0) == []


def test_several_come_in_the_order_of_the_frame_and_repeated_names_count_once():
    presence = Presence(gone_after_seconds=0)

    assert presence.see(["bo", "ann", "bo", STRANGER, STRANGER], 1.0) == [
        Event("came", "bo", 1.0),
        Event("came", "ann", 1.0),
        Event("came", None, 1.0),
    ]
    assert presence.see(["ann"], 2.0) == [Event("went", "bo", 1.0), Event("went", None, 1.0)]


def test_frames_far_apart_are_not_an_absence():
    presence = Presence(gone_after_seconds=3)
    presence.see(["ann"], 0.0)

    assert presence.see(["ann"], 10.0) == []


def test_at_the_end_everybody_goes():
    presence = Presence(gone_after_seconds=60)
    presence.see(["ann"], 1.0)
    presence.see(["bo"], 2.0)

    assert presence.end() == [Event("went", "ann", 1.0), Event("went", "bo", 2.0)]
    assert presence.end() == []


def test_nobody_goes_because_nobody_was_looked_for():
    presence = Presence(gone_after_seconds=2)
    presence.see(["ann", "bo"], 1.0)

    presence.resume(60.0)

    assert presence.see(["bo"], 60.0) == []
    assert presence.see(["bo"], 62.0) == []
    assert presence.see(["bo"], 62.5) == [Event("went", "ann", 1.0)]

"""`faceserver watch` and a video of real photographs."""

import json
import signal
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.commands import Commands
from tests.gate import gate_before
from tests.photographs import actor, astronaut, nobody
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS, wait_until

FRAMES_PER_SECOND = 10
SIZE = (512, 512)


def save_video(path: Path, scenes: Sequence[tuple[Image.Image, float]]) -> None:
    """Write each picture for so many seconds."""
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), codec, FRAMES_PER_SECOND, SIZE)
    for image, seconds in scenes:
        pixels = np.asarray(image.resize(SIZE))[..., ::-1]
        for _ in range(round(seconds * FRAMES_PER_SECOND)):
            writer.write(pixels)
    writer.release()


@pytest.fixture
def video(command: Commands) -> str:
    """Nobody for 2 s, ann for 3 s, nobody for 5 s, a stranger for 2 s."""
    save_video(command.folder / "door.avi", [(nobody(), 2), (astronaut(), 3), (nobody(), 5), (actor(), 2)])
    command("learn", "ann", "ann.jpg")
    return "door.avi"


def test_comings_and_goings(command: Commands, video: str):
    run = command("watch", video, "--json")

    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, run.stderr
    assert [(event["what"], event["person"]) for event in events] == [
        ("came", "ann"),
        ("went", "ann"),
        ("came", None),
        ("went", None),
    ]
    assert [event["seconds"] for event in events] == [
        pytest.approx(2.0, abs=0.3),
        pytest.approx(4.5, abs=0.6),
        pytest.approx(10.0, abs=0.3),
        pytest.approx(11.5, abs=0.6),
    ]


def test_for_people(command: Commands, video: str):
    run = command("watch", video, "--fps", "1", "--gone-after", "60")

    assert run.stdout == (
        "     2.0 s  ann came\n    10.0 s  somebody unknown came\n"
        "     4.0 s  ann went\n    11.0 s  somebody unknown went\n"
    )


def test_only_so_many_frames_a_second_are_looked_at(command: Commands, video: str):
    from faceserver.camera.video import frames  # noqa: PLC0415 - as the command does

    times = [frame.seconds for frame in frames(str(command.folder / video), 2)]

    assert len(times) == pytest.approx(24, abs=1)
    assert np.diff(times) == pytest.approx(0.5, abs=0.11)


def test_a_folder_of_pictures_is_a_film_and_nothing_of_it_is_stored(stack: Stack, command: Commands):
    command("learn", "ann", "ann.jpg")
    film = command.folder / "film"
    film.mkdir()
    for number, image in enumerate((nobody(), ImageOps.mirror(astronaut()), nobody())):
        image.save(film / f"{number}.png")
    before = stack.images()

    run = command("watch", "film", "--fps", "0.5", "--gone-after", "1")

    assert run.stdout == "     2.0 s  ann came\n     2.0 s  ann went\n", run.stderr
    assert stack.images() == before
    assert command("watch", "film", "--fps", "0.5", "--keep").returncode == 0
    assert len(stack.images()) == len(before) + 2, "two pictures, one of them twice"


@pytest.mark.parametrize("source", ["none.avi", "ann.txt", "97"])
def test_a_source_that_gives_nothing_is_said(command: Commands, source: str):
    (command.folder / "ann.txt").write_text("no video")
    run = command("watch", source)

    assert run.returncode == 1
    assert f"{source} cannot be opened as a camera, a stream or a video." in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.timing
def test_ctrl_c_ends_it_and_everybody_goes(stack: Stack, command: Commands, video: str):
    with gate_before(stack.url, passes=25) as gate:  # the first five of ann, and the next one waits
        watching = command.start("watch", video, "--fps", "60", "--gone-after", "60", "--json", "--url", gate.url)
        wait_until(lambda: gate.held)
        watching.send_signal(signal.SIGINT)
        out, said = watching.communicate(timeout=PATIENCE_SECONDS)

    assert [json.loads(line)["what"] for line in out.splitlines()] == ["came", "went"]
    assert watching.returncode == 130, said
    assert "Traceback" not in said

"""`faceserver watch` and a video of real photographs."""

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.commands import Commands
from tests.gate import gate_before
from tests.photographs import actor, astronaut, encoded, nobody
from tests.stack import Stack
from tests.streams import camera, failing_before
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


def save_film(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_a_folder_is_in_natural_order_and_what_is_no_picture_is_named_and_skipped(command: Commands):
    command("learn", "ann", "ann.jpg")
    film = command.folder / "film"
    ann = encoded(astronaut())
    save_film(film, {"10.jpg": encoded(nobody()), "2.jpg": ann, "3.txt": b"text", "4.jpg": b"text", "5.jpg": ann[:900]})
    save_film(film / "6", {"7.jpg": ann})
    (film / ".hidden.jpg").write_bytes(ann)

    run = command("watch", "film", "--fps", "1", "--gone-after", "0")

    assert run.stdout == "     0.0 s  ann came\n     0.0 s  ann went\n"
    assert [line.partition(": skipped. ")[0] for line in run.stderr.splitlines()] == [
        *("film/3.txt", "film/4.jpg", "film/5.jpg", "film/6"),
    ]
    assert run.returncode == 0
    told = command("watch", "film", "--json").stderr.splitlines()
    assert [json.loads(line)["what"] for line in told] == ["skipped"] * 4


def test_a_folder_without_pictures_is_said(command: Commands):
    save_film(command.folder / "film", {"1.txt": b"text"})
    run = command("watch", "film")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == "film contains no pictures."


@pytest.mark.timing
def test_a_stream_that_breaks_off_is_opened_again_and_nobody_has_gone_in_between(command: Commands):
    command("learn", "ann", "ann.jpg")
    with camera(encoded(astronaut())) as door:
        watching = command.start("watch", door.url, "--json", "--fps", "10", "--gone-after", "0")
        out, said = watching.stdout, watching.stderr

        assert json.loads(out.readline())["what"] == "came"
        door.picture = None
        assert json.loads(said.readline())["what"] == "lost"
        door.picture = encoded(astronaut())
        assert json.loads(said.readline())["what"] == "back"
        door.picture = encoded(nobody())
        went = json.loads(out.readline())
        assert (went["what"], went["person"]) == ("went", "ann")
        watching.send_signal(signal.SIGINT)
        rest, noise = watching.communicate(timeout=PATIENCE_SECONDS)

    assert (rest, watching.returncode) == ("", 130)
    assert noise == "", "neither OpenCV nor FFmpeg says anything"


@pytest.mark.timing
def test_a_stream_that_does_not_come_back_ends_it_and_nobody_has_gone(command: Commands):
    command("learn", "ann", "ann.jpg")
    with camera(encoded(astronaut())) as door:
        watching = command.start("watch", door.url, "--give-up-after", "1")
        assert watching.stdout.readline() == "     0.0 s  ann came\n"
        door.picture = None
        out, said = watching.communicate(timeout=PATIENCE_SECONDS)

    assert (out, watching.returncode) == ("", 1)
    name = door.url.replace("ann:open-sesame@", "")
    assert said.splitlines() == [
        f"{name} broke off; opening it again.",
        f"{name} broke off and did not come back within 1 s.",
    ]


def test_a_stream_that_never_opens_is_said_without_its_password(command: Commands):
    with camera(None) as door:
        run = command("watch", door.url)
    assert run.returncode == 1
    assert (
        run.stderr == f"{door.url.replace('ann:open-sesame@', '')} cannot be opened as a camera, a stream or a video.\n"
    )


def test_a_video_that_is_cut_off_is_said_and_nobody_has_gone(command: Commands, video: str):
    whole = (command.folder / video).read_bytes()
    (command.folder / "half.avi").write_bytes(whole[: len(whole) // 3])

    run = command("watch", "half.avi")

    assert run.stdout == "     2.0 s  ann came\n"
    assert "half.avi can be read only up to" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert run.returncode == 1


def test_an_outage_of_the_service_is_survived_and_said(stack: Stack, command: Commands, video: str):
    with failing_before(stack.url, range(6, 8)) as url:
        run = command("watch", video, "--url", url)

    assert run.stdout == command("watch", video).stdout
    first, second = run.stderr.splitlines()
    assert "502" in first
    assert first.endswith("Trying again.")
    assert second.startswith("The service answers again after ")
    assert run.returncode == 0


def test_an_outage_that_lasts_too_long_ends_it_and_nobody_has_gone(stack: Stack, command: Commands, video: str):
    with failing_before(stack.url, range(7, 1000)) as url:
        run = command("watch", video, "--url", url, "--give-up-after", "0")

    assert run.stdout == "     2.0 s  ann came\n"
    assert "502" in run.stderr
    assert run.returncode == 3

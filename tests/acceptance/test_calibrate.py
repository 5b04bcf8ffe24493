"""`faceserver calibrate` against the running stack."""

import subprocess
import uuid
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageOps

from faceserver.calibration.error_rates import MIN_PEOPLE
from tests.calls import learn, recognize
from tests.commands import run
from tests.photographs import actor, astronaut, encoded, nobody, six_people
from tests.stack import Stack


def calibrate(*arguments: object, columns: int = 200) -> subprocess.CompletedProcess[str]:
    return run("calibrate", *arguments, environment={"COLUMNS": str(columns)})


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(image, quality=95))


def small_faces(count: int) -> list[Image.Image]:
    """Faces of many people, of 25 x 25 pixels each, enlarged: too coarse to know anybody again, but faces."""
    pixels = (skimage.data.lfw_subset()[:count] * 255).astype(np.uint8)
    return [
        ImageOps.expand(
            Image.fromarray(one).resize((200, 200), Image.Resampling.BICUBIC).convert("RGB"), 100, (128, 128, 128)
        )
        for one in pixels
    ]


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Two people with two photographs each, and photographs that are of no use."""
    folder = tmp_path / "office"
    for person, image in (("ann", astronaut()), ("bo", actor())):
        save(image, folder / person / "1.jpg")
        save(ImageOps.mirror(image), folder / person / "2.jpg")
    save(six_people(), folder / "crowd" / "1.jpg")
    save(nobody(), folder / "nobody" / "1.jpg")
    (folder / "ann" / "notes.txt").write_text("no photograph")
    (folder / "ann" / ".DS_Store").write_bytes(b"hidden")
    return folder


@pytest.fixture
def directory() -> str:
    return f"{uuid.uuid4().hex}/a b"


def test_a_few_people_are_measured_and_nothing_is_kept(
    stack: Stack, client: httpx.Client, office: Path, tmp_path: Path
):
    images = len(stack.images())

    done = calibrate(office, "--url", stack.url, "--plot", tmp_path / "plot.svg")

    assert done.returncode == 0, done.stderr
    assert (
        "4 photographs of 2 people, 2 of them with several; 2 pairs of the same person, 4 of different people."
        in done.stdout
    )
    assert "Skipped crowd/1.jpg: 6 faces found" in done.stdout
    assert "Skipped nobody/1.jpg: no faces found" in done.stdout
    assert "Skipped ann/notes.txt: By its name, the file is not a photograph." in done.stdout
    assert ".DS_Store" not in done.stdout
    assert "FPIR" in done.stdout
    assert "match, by the model" in done.stdout
    assert "too few people" in done.stdout
    assert (tmp_path / "plot.svg").read_text().startswith("<svg")
    assert len(stack.images()) == images
    assert client.get("/directories/office").status_code == 404


def test_the_largest_face_can_be_taken(stack: Stack, office: Path, tmp_path: Path):
    done = calibrate(office, "--url", stack.url, "--face", "largest", "--plot", tmp_path / "plot.svg")
    assert "5 photographs of 3 people" in done.stdout, done.stderr


def test_too_few_people_write_nothing(stack: Stack, client: httpx.Client, office: Path, tmp_path: Path, directory: str):
    plot = tmp_path / "plot.svg"
    done = calibrate(office, "--url", stack.url, "--plot", plot, "--write", "--directory", directory)

    assert done.returncode == 1
    assert f"at least {MIN_PEOPLE} people" in done.stderr
    assert client.get(f"/directories/{quote(directory, safe='')}").status_code == 404


def test_enough_people_set_the_threshold_of_a_directory(
    stack: Stack, client: httpx.Client, tmp_path: Path, directory: str
):
    folder = tmp_path / "many"
    for number, image in enumerate(small_faces(90)):
        save(image, folder / f"person {number}" / "1.png")
    save(ImageOps.mirror(small_faces(1)[0]), folder / "person 0" / "2.png")
    learn(client, "ann", encoded(astronaut()), directory=directory)

    done = calibrate(
        *(folder, "--url", stack.url, "--plot", tmp_path / "plot.svg"),
        "--write",
        "--directory",
        directory,
        "--faces",
        500,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    settings = client.get(f"/directories/{quote(directory, safe='')}").json()
    assert f"Wrote threshold {settings['threshold']:.4f} to the directory {directory}." in done.stdout
    assert "among 500 faces" in done.stdout
    applied = recognize(client, encoded(astronaut()), directory=directory)["thresholds"]
    assert (applied["source"], applied["match"]) == ("directory-threshold", settings["threshold"])


@pytest.mark.parametrize("names", [(), ("ann",)])
def test_a_folder_without_people_is_explained(stack: Stack, tmp_path: Path, names: tuple[str, ...]):
    for name in names:
        save(astronaut(), tmp_path / "people" / name / "1.jpg")
    (tmp_path / "people").mkdir(exist_ok=True)
    save(astronaut(), tmp_path / "people" / "1.jpg")

    done = calibrate(tmp_path / "people", "--url", stack.url)

    assert done.returncode == 1
    assert "Put the photographs of each person into a separate sub-folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_photograph_each_is_explained(stack: Stack, tmp_path: Path):
    save(astronaut(), tmp_path / "people" / "ann" / "1.jpg")
    save(actor(), tmp_path / "people" / "bo" / "1.jpg")
    done = calibrate(tmp_path / "people", "--url", stack.url)
    assert done.returncode == 1
    assert "Nobody has two usable photographs." in done.stderr


def test_no_usable_face_at_all_is_explained(stack: Stack, tmp_path: Path):
    for person in ("ann", "bo"):
        save(nobody(), tmp_path / "people" / person / "1.jpg")
    done = calibrate(tmp_path / "people", "--url", stack.url)
    assert done.returncode == 1
    assert "Fewer than two people have a usable photograph" in done.stderr


def test_a_stack_that_does_not_run_is_explained(office: Path):
    done = calibrate(office, "--url", "http://127.0.0.1:1")
    assert done.returncode == 3
    assert "Start the stack with 'faceserver serve'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_none_is_explained(office: Path):
    done = calibrate(office, "--url", "localhost:8080")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr

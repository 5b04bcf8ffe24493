"""`faceserver register`, with a head that is turned in front of the camera."""

import numpy as np
from PIL import Image
from skimage.transform import warp

from tests.commands import Commands
from tests.photographs import actor, astronaut, nobody

CENTRE, RADII = (223, 119), (56, 66)
"""The astronaut's head as an ellipsoid, pixels."""
NOSE = (220, 125)


def depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the distance of the skin from the centre of the head, in pixels: an ellipsoid with a nose."""
    across, down = (x - CENTRE[0]) / RADII[0], (y - CENTRE[1]) / RADII[1]
    skin = 0.9 * np.sqrt(np.clip(1 - across**2 - down**2, 0, None))
    nose = 0.45 * np.exp(-(((x - NOSE[0]) / 10) ** 2 + ((y - NOSE[1]) / 20) ** 2) / 2)
    found: np.ndarray = RADII[0] * (skin + nose)
    return found


def rotated(yaw: float, pitch: float) -> Image.Image:
    """Return the astronaut with her head turned by about these angles, in degrees."""

    def unrotated(places: np.ndarray) -> np.ndarray:
        x, y = fixed_x, fixed_y = places.T
        for _ in range(12):  # the source of a pixel depends on the depth at that source
            before = depth(fixed_x, fixed_y)
            fixed_x, fixed_y = x - np.sin(np.radians(yaw)) * before, y + np.sin(np.radians(pitch)) * before
        return np.stack([fixed_x, fixed_y], axis=1)

    pixels = warp(np.asarray(astronaut()), unrotated, mode="edge")
    return Image.fromarray((pixels * 255).astype(np.uint8))


def save(command: Commands, *pictures: Image.Image) -> str:
    """Write the pictures as a video, and return its name."""
    folder = command.folder / "camera"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, picture in enumerate(pictures):
        picture.save(folder / f"{number:03}.png")
    return folder.name


def test_each_angle_is_learned_once_and_a_second_run_learns_the_missing_ones(command: Commands):
    first = command(
        "register", "ann", save(command, nobody(), rotated(25, 0), astronaut(), astronaut(), rotated(25, 0))
    )
    faces = command("persons", "faces", "ann", "--ids").stdout.splitlines()

    assert (first.returncode, first.stdout) == (1, "straight: learned\nleft: learned\n"), first.stderr
    assert first.stderr.splitlines() == [
        "Look straight into the camera.",
        "Turn your head a little to your left.",
        "Turn your head a little to your right.",
        "Still missing for ann: right, up, down.",
    ]
    assert len(faces) == 2

    rest = save(
        command, astronaut(), rotated(0, 35), actor(), rotated(0, -25), rotated(25, 0), rotated(-20, 0), nobody()
    )
    second = command("register", "ann", rest)

    assert (second.returncode, second.stderr.splitlines()[0]) == (0, "Turn your head a little to your right.")
    assert second.stdout == "up: learned\ndown: learned\nright: learned\nann is enrolled from all sides.\n"
    assert len(command("persons", "faces", "ann", "--ids").stdout.splitlines()) == 5
    assert command("register", "ann", rest).stdout == "ann is enrolled from all sides.\n"


def test_somebody_else_is_not_learned(command: Commands):
    run = command("register", "ann", save(command, actor(), rotated(25, 0)))

    assert (run.returncode, run.stdout) == (1, "straight: learned\n")
    assert "left: This does not look like ann." in run.stderr

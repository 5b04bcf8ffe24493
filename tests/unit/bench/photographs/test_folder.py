"""Finding photographs, and the labelled face of each."""

from pathlib import Path

import pytest
from PIL import Image

from bench.photographs.folder import Photograph, by_person, find_photographs, most_central


def test_finds_photographs_of_any_depth_by_name(tmp_path):
    for name in ("bo/2.PNG", "bo/1.jpg", "ann/1.webp", "group.jpeg", "pairs.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = find_photographs(tmp_path)
    assert [photograph.name for photograph in found] == ["ann/1.webp", "bo/1.jpg", "bo/2.PNG", "group.jpeg"]
    assert [photograph.person for photograph in found] == ["ann", "bo", "bo", None]
    assert {person: len(theirs) for person, theirs in by_person(found).items()} == {"ann": 1, "bo": 2}


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="contains no photographs"):
        find_photographs(tmp_path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "heic"])
def test_size_is_read_from_every_format_of_a_phone(tmp_path: Path, suffix: str):
    path = tmp_path / f"face.{suffix}"
    Image.new("RGB", (64, 48)).save(path)
    assert Photograph(path, path.name).size() == (64, 48)


def test_size_is_of_the_upright_image(tmp_path: Path):
    image, path = Image.new("RGB", (40, 30)), tmp_path / "turned.jpg"
    exif = image.getexif()
    exif[0x0112] = 6  # orientation: rotate by 90 degrees clockwise
    image.save(path, exif=exif)
    assert Photograph(path, path.name).size() == (30, 40)


def test_the_labelled_face_is_the_most_central_not_the_largest():
    bystander, labelled = (0, 0, 90, 90), (40, 90, 60, 110)
    assert most_central([bystander, labelled], (100, 200)) == 1

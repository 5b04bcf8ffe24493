"""The Python client with a running stack."""

import asyncio
import dataclasses
import json
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image, ImageOps

from faceserver import AsyncClient, Client, QualityGate, Recognition, RefusedPhotograph
from faceserver.errors import (
    Changed,
    Conflict,
    JobFailed,
    NoFace,
    NoneEnrolled,
    NotFound,
    Refused,
    SeveralFaces,
    UnusablePhotograph,
)
from tests.photographs import actor, astronaut, beside, encoded, nobody
from tests.stack import Stack, new_stack
from tests.waiting import PATIENCE_SECONDS

PORTRAIT = encoded(astronaut())
PARTY = encoded(beside(astronaut(), actor()))


@pytest.fixture
def service(stack: Stack) -> Iterator[Client]:
    with Client(stack.url, directory=f"{uuid.uuid4().hex}/a b.") as client:
        yield client


def test_learn_recognize_and_fetch(service: Client):
    learned = service.learn("ann", PORTRAIT)
    again = service.learn("ann", PORTRAIT)
    recognized = service.recognize(PARTY)

    assert (learned.person, learned.created, again.created) == ("ann", True, False)
    assert again.face == learned.face
    assert learned.directory == recognized.directory == service.directory
    ann, stranger = sorted(recognized.faces, key=lambda face: face.box.left)
    assert (ann.person, ann.decision, stranger.person, stranger.decision) == ("ann", "match", None, "unknown")
    assert ann.box == learned.box
    assert [candidate.person for candidate in stranger.candidates] == ["ann"]
    assert ann.similarity is not None
    assert ann.similarity >= recognized.thresholds.match
    assert recognized.url is not None
    assert service.fetch(recognized.url) == PARTY
    assert service.fetch(learned.url) == PORTRAIT


def test_results_are_frozen_and_become_json(service: Client):
    recognized = service.recognize(PORTRAIT)

    with pytest.raises(dataclasses.FrozenInstanceError):
        recognized.model = "another"  # type: ignore[misc]
    assert json.loads(json.dumps(dataclasses.asdict(recognized)))["faces"][0]["candidates"] == []


@pytest.mark.parametrize("given", [np.asarray(astronaut()), astronaut()], ids=["array", "image"])
def test_pixels_and_file_give_the_same_result(service: Client, given: object):
    service.learn("ann", PORTRAIT)

    [face] = service.recognize(given).faces  # type: ignore[arg-type]

    assert face.person == "ann"
    assert face.similarity is not None
    assert face.similarity > 0.98


def test_an_image_of_pillow_gives_what_its_file_gives(service: Client, tmp_path: Path):
    exif = Image.Exif()
    exif[0x112] = 6
    lying = astronaut().crop((60, 0, 512, 400)).transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "ann.jpg", exif=exif, quality=95)
    service.learn("ann", tmp_path / "ann.jpg")

    [expected] = service.recognize(tmp_path / "ann.jpg").faces
    with Image.open(tmp_path / "ann.jpg") as image:
        [opened] = service.recognize(image).faces
        [upright] = service.recognize(np.asarray(ImageOps.exif_transpose(image))).faces

    for face in (opened, upright):
        assert (face.person, face.decision) == ("ann", "match")
        assert face.box == pytest.approx(expected.box, abs=2)


def test_the_options_of_a_call_reach_the_service(service: Client):
    service.learn("ann", PORTRAIT)
    service.learn("bo", encoded(actor(), "PNG"))
    service.learn("largest", PARTY, face="largest")

    assert len(service.recognize(PORTRAIT, k=2).faces[0].candidates) == 2
    assert service.recognize(PORTRAIT, threshold=1.0).thresholds.source == "request"
    assert service.recognize(PORTRAIT, directory="elsewhere").faces[0].person is None


def test_several_photographs_are_recognized_separately(service: Client):
    service.learn("ann", PORTRAIT)

    [party, text, portrait] = service.recognize_each([PARTY, b"text", PORTRAIT])
    [only] = service.recognize_each([PORTRAIT])

    assert isinstance(party, Recognition)
    assert isinstance(portrait, Recognition)
    assert isinstance(only, Recognition)
    assert isinstance(text, RefusedPhotograph)
    assert (len(party.faces), portrait.faces, text.code) == (2, only.faces, "invalid-file-format")
    with pytest.raises(Refused):
        service.recognize_each([b"text", b""])


def test_a_photograph_with_keep_false_is_not_stored(stack: Stack, service: Client):
    service.learn("ann", PORTRAIT)
    before = stack.images()

    recognized = service.recognize(encoded(ImageOps.mirror(astronaut())), keep=False)

    assert (recognized.url, recognized.faces[0].person) == (None, "ann")
    assert stack.images() == before


def test_a_box_selects_the_face_to_learn_and_warnings_are_returned(service: Client):
    left, right = sorted((face.box for face in service.detect(PARTY).faces), key=lambda box: box.left)
    assert service.learn("ann", PARTY, box=left).box == left
    assert service.learn("bo", PARTY, box=(right.left - 5, right.top, right.right, right.bottom)).box == right

    [warning] = service.learn("anna", PORTRAIT).warnings

    assert (warning.code, warning.person) == ("enrolled-as-another", "ann")
    assert warning.value > warning.limit


def test_embeddings(service: Client):
    found = service.embed(PARTY)

    assert (found.width, found.height) == (624, 512)
    assert len(found.faces) == 2
    assert np.linalg.norm(found.faces[0].embedding) == pytest.approx(1, abs=1e-3)


def test_a_directory_is_exported_and_imported_into_another(service: Client, tmp_path: Path):
    service.add_faces("ann", [PORTRAIT])
    service.patch_person("ann", metadata={"team": "blue"})
    another = f"{service.directory} too"
    with ZipFile(tmp_path / "people.zip", "w") as archive:
        archive.writestr("bo/1.png", encoded(actor(), "PNG"))
        archive.writestr("bo/2.jpg", PARTY)
    imported = service.wait(service.start_import(tmp_path / "people.zip"))
    exported = service.wait(service.start_export())
    bundle = service.fetch_export(exported.job, tmp_path / "bundle.zip")
    again = service.wait(service.start_import(bundle, directory=another))

    assert imported.state == exported.state == again.state == "done"
    assert [(one.name, one.outcome, one.code) for one in service.import_outcomes(imported.job)] == [
        ("bo/1.png", "created", None),
        ("bo/2.jpg", "refused", "several-faces"),
    ]
    assert {one.outcome for one in service.import_outcomes(again.job, directory=another)} == {"created"}
    assert [one.person for one in service.persons(directory=another)] == ["ann", "bo"]
    assert service.person("ann", directory=another).metadata == {"team": "blue"}
    [face] = service.faces("ann", directory=another)
    assert face.image is None
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(JobFailed, match="zip"):
        service.wait(service.start_import(tmp_path / "text.zip"))


def test_embeddings_are_identified(service: Client):
    service.learn("ann", PORTRAIT)
    found = service.embed(PARTY)

    identified = service.identify([face.embedding for face in found.faces], found.model)
    [scaled] = service.identify([10 * np.asarray(found.faces[0].embedding)], found.model, k=1).results

    assert {result.person for result in identified.results} == {"ann", None}
    assert [result.candidates[0].person for result in identified.results] == ["ann", "ann"]
    assert scaled == identified.results[0]
    assert identified.thresholds.match == service.recognize(PARTY).thresholds.match
    with pytest.raises(Conflict):
        service.identify([found.faces[0].embedding], "another")


def test_detection(service: Client):
    found = service.detect(PARTY)
    [large] = service.detect(PARTY, min_size=85).faces

    assert len(found.faces) == 2
    assert large in found.faces
    assert large.quality
    assert large.quality.size >= 85
    left, right, nose, *_ = large.landmarks
    assert large.box.left < left.x < nose.x < right.x < large.box.right
    assert abs(large.pose.yaw) < 45
    drawn = Image.open(BytesIO(service.draw(PARTY)))
    assert (drawn.format, drawn.size) == ("JPEG", (624, 512))


def test_verify_and_compare(service: Client):
    service.learn("ann", PORTRAIT)

    compared = service.compare(PORTRAIT, PARTY)
    told, lied = service.verify("ann", PORTRAIT), service.verify("ann", encoded(actor(), "PNG"))

    assert (len(compared.source_faces), len(compared.target_faces)) == (1, 2)
    assert [pair.decision for pair in compared.comparisons] == ["match", "unknown"]
    assert (told.decision, lied.decision) == ("match", "unknown")
    assert told.similarity
    assert told.similarity >= told.thresholds.match
    with pytest.raises(NotFound):
        service.verify("bo", PORTRAIT)


def test_directories(service: Client):
    with pytest.raises(NotFound):
        service.get_directory()
    service.learn("ann", PORTRAIT)
    assert (service.get_directory().persons, service.get_directory().faces) == (1, 1)

    assert service.put_directory(fpir=0.01).fpir == 0.01
    assert service.put_directory(threshold=0.5).thresholds.match == 0.5
    back = service.put_directory()
    assert (back.fpir, back.threshold, back.directory) == (None, None, service.directory)
    with pytest.raises(Conflict):
        service.put_directory(fpir=0.01, if_absent=True)
    assert service.get_directory() == back


def test_settings_are_changed_separately_and_only_at_the_revision_read(service: Client):
    made = service.put_directory(fpir=0.01, quality=QualityGate(action="refuse", min_face_pixels=50))
    changed = service.patch_directory(scoring="mean", fpir=None, if_match=made.revision)

    assert (changed.fpir, changed.scoring, changed.quality) == (None, "mean", made.quality)
    assert made.quality == QualityGate(action="refuse", min_face_pixels=50)
    with pytest.raises(Changed):
        service.patch_directory(scoring=None, if_match=made.revision)
    assert service.patch_directory(quality=None, if_match=changed.revision).quality is None
    assert service.directory in [one.directory for one in service.directories(prefix=service.directory[:32])]


def test_persons_are_created_listed_and_changed(service: Client):
    for number in range(5):
        service.put_person(f"p{number}", external_id=f"id-{number}", metadata={"odd": number % 2 == 1, "n": [number]})
    service.learn("ann", PORTRAIT)

    assert [one.person for one in service.persons()] == ["ann", "p0", "p1", "p2", "p3", "p4"]
    assert [one.person for one in service.persons(prefix="p", sort="-person")] == ["p4", "p3", "p2", "p1", "p0"]
    assert [one.person for one in service.persons(metadata={"odd": True})] == ["p1", "p3"]
    [only] = service.persons(external_id="id-3")
    assert only == service.person("p3")
    assert (only.metadata, only.faces, only.last_seen_at) == ({"odd": True, "n": [3]}, 0, None)

    ann = service.patch_person("ann", rename="a/b %2F", display_name="Ann", metadata={"a": 1})
    assert (ann.person, ann.faces, ann.display_name) == ("a/b %2F", 1, "Ann")
    assert service.recognize(PORTRAIT).faces[0].person == "a/b %2F"
    back = service.patch_person(ann.person, display_name=None, if_match=ann.revision)
    assert (back.display_name, back.metadata) == (None, {"a": 1})
    with pytest.raises(Changed):
        service.patch_person(ann.person, display_name="Anna", if_match=ann.revision)
    with pytest.raises(Conflict):
        service.patch_person("p1", rename="p2")
    with pytest.raises(NotFound):
        service.person("ann")


def test_faces_are_added_moved_and_merged(service: Client, tmp_path: Path):
    added = service.add_faces("ann", [PORTRAIT, PARTY, PORTRAIT, encoded(actor(), "PNG")])
    assert (added.created, added.known, added.refused) == (2, 1, 1)
    assert [one.outcome for one in added.items] == ["created", "refused", "known", "created"]
    assert added.items[1].problem
    assert added.items[1].problem.code == "several-faces"
    with pytest.raises(NoneEnrolled):
        service.add_faces("ann", [PARTY, encoded(nobody())])

    first, wrong = service.faces("ann")
    assert first == service.face("ann", first.face) == added.items[0].face
    assert service.face_image("ann", first.face) == PORTRAIT
    assert first.image
    assert service.fetch(first.image) == PORTRAIT
    assert service.face_crop("ann", first.face).startswith(b"\xff\xd8")

    assert [one.person for one in service.split("ann", [wrong.face], "bo").persons] == ["bo"]
    assert [one.face for one in service.faces("bo")] == [wrong.face]
    merged = service.merge("ann", ["bo"])
    assert (merged.person, merged.faces) == ("ann", 2)
    with pytest.raises(NotFound):
        service.person("bo")
    assert [one.person for one in service.undo_merge("ann", merged.merge).persons] == ["bo"]
    with pytest.raises(Conflict):
        service.undo_merge("ann", merged.merge)

    with ZipFile(service.export_person("ann", tmp_path / "ann.zip")) as archive:
        assert f"crops/{first.face}.jpg" in archive.namelist()


def test_deleted_data_is_gone_when_the_receipt_is_finished(service: Client):
    learned = service.learn("ann", PORTRAIT)
    [other] = service.add_faces("ann", [encoded(ImageOps.mirror(astronaut()))]).items
    recognized = service.recognize(PORTRAIT).url
    assert recognized
    assert other.face

    one = service.wait(service.delete_face("ann", other.face.face))
    ann = service.person("ann")
    with pytest.raises(Changed):
        service.delete_person("ann", if_match=ann.revision + 1)
    rest = service.delete_person("ann", if_match=ann.revision)
    finished = service.wait(rest)

    assert (one.faces, one.persons, one.images) == (1, 0, 1)
    assert (rest.persons, rest.faces, rest.person) == (1, 1, "ann")
    assert finished.finished_at
    assert finished == service.deletion(rest.deletion)
    for url in (learned.url, recognized):
        with pytest.raises(NotFound):
            service.fetch(url)
    with pytest.raises(NotFound):
        list(service.faces("ann"))
    assert service.wait(service.delete_directory(service.directory)).persons == 0


async def test_lists_from_asyncio(stack: Stack):
    async with AsyncClient(stack.url, directory=uuid.uuid4().hex) as client:
        await client.put_person("ann")
        await client.put_person("bo")
        assert [one.person async for one in client.persons()] == ["ann", "bo"]


@pytest.mark.parametrize("name", ["...", "a/b", "%2F", "Žofie", "a?b#c", "a b"])
def test_any_name_of_a_directory(stack: Stack, name: str):
    with Client(stack.url, directory=name) as client:
        assert client.put_directory(fpir=0.01).directory == client.get_directory().directory == name


def test_models_version_and_readiness(service: Client):
    models = service.models()
    service.check_ready()

    assert service.version().service == "apiserver"
    assert models.embedder.partition("@")[0] in {model.name for model in models.models}
    assert all(model.licence and model.sha256 for model in models.models)


def test_problems_are_errors(service: Client, tmp_path: Path):
    for photograph, error, code in (
        (encoded(nobody()), NoFace, "no-face"),
        (PARTY, SeveralFaces, "several-faces"),
        (PORTRAIT[:1000], UnusablePhotograph, "image-unreadable"),
        (b"", UnusablePhotograph, "file-empty"),
        (b"text", UnusablePhotograph, "invalid-file-format"),
    ):
        with pytest.raises(error) as raised:
            service.learn("ann", photograph)
        assert raised.value.code == code
        assert raised.value.request_id
    with pytest.raises(Refused, match="Directory is required"):
        service.learn("ann", PORTRAIT, directory="")
    with pytest.raises(NotFound):
        service.fetch("/files/none.jpg")
    with pytest.raises(FileNotFoundError):
        service.learn("ann", tmp_path / "none.jpg")


@pytest.mark.timing
async def test_many_concurrent_calls_from_asyncio(stack: Stack):
    async with AsyncClient(stack.url, directory=uuid.uuid4().hex) as client:
        assert (await client.learn("ann", PORTRAIT)).created
        found = await asyncio.gather(*(client.recognize(PARTY) for _ in range(20)))
        with pytest.raises(NoFace):
            await client.learn("ann", encoded(nobody()))
        directory = await client.get_directory()

    assert [{face.person for face in each.faces} for each in found] == [{"ann", None}] * 20
    assert directory.persons == 1


@pytest.mark.timing
def test_a_client_can_be_created_before_the_service_runs():
    with new_stack() as stack:
        stack.launch()
        with Client(stack.url, patience_seconds=PATIENCE_SECONDS) as client:
            client.check_ready()
            assert client.recognize(PORTRAIT).faces
        stack.stop()

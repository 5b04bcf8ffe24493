"""`faceserver import` of bundles and from other systems: the imported people are recognized."""

import pickle
import shutil
from pathlib import Path

import psycopg
import pytest

from faceserver import Client
from tests.commands import Commands
from tests.compreface import FACE, TABLES
from tests.photographs import actor, astronaut, encoded
from tests.stack import Stack


@pytest.fixture
def compreface(empty_database_url: str) -> str:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(TABLES)
        for key, person, photo in (
            ("key-1", "Ann O'Hara", encoded(astronaut())),
            ("key-1", "Bo", encoded(actor())),
            ("key-1", "Bo", None),
            ("key-2", "Cy", encoded(actor())),
        ):
            connection.execute(FACE, {"key": key, "person": person, "photo": photo})
    return empty_database_url


def recognized_person(stack: Stack, command: Commands) -> list[str | None]:
    with Client(stack.url, directory=command.environment["FACESERVER_DIRECTORY"]) as client:
        return [client.recognize(encoded(portrait)).faces[0].person for portrait in (astronaut(), actor())]


def test_a_compreface_service_is_imported(stack: Stack, command: Commands, compreface: str):
    asked = command("import", "--compreface", compreface)
    assert asked.returncode == 2
    assert "--service; those with people are: 'guests', 'staff'" in asked.stderr

    run = command("import", "--compreface", compreface, "--service", "staff")
    assert run.returncode == 0, run.stderr
    assert "Skipped 1 face of 'staff' without a photograph." in run.stderr
    assert "2 of 2 photographs: 2 learned, 0 known, 0 refused, 0 failed." in run.stderr
    assert recognized_person(stack, command) == ["Ann O'Hara", "Bo"]
    again = command("import", "--compreface", compreface, "--service", "staff")
    assert "2 of 2 photographs: 0 learned, 2 known" in again.stderr


def test_a_deepface_folder_is_imported(stack: Stack, command: Commands):
    folder = command.folder / "db"
    (folder / "ann").mkdir(parents=True)
    (folder / "ann" / "1.jpg").write_bytes(encoded(astronaut()))
    (folder / "bo.jpg").write_bytes(encoded(actor()))
    for name in ("Zo\udceb", "a\nb"):
        shutil.copytree(folder / "ann", folder / name)
    names = ["db/ann/1.jpg", "db/bo.jpg", "db/gone.jpg", "/etc/hostname", "db/Zo\udceb/1.jpg", "db/a\nb/1.jpg"]
    entries = [{"identity": name, "hash": "", "embedding": [0.5] * 128} for name in names]
    (folder / "ds_model_sface_v2.pkl").write_bytes(pickle.dumps(entries))

    run = command("import", "--deepface", "db")
    assert run.returncode == 0, run.stderr
    assert "Skipped 2 photographs: not found in db." in run.stderr
    assert "db/Zo\\xeb/1.jpg: the person's name must be UTF-8" in run.stderr
    assert "Skipped 2 photographs: the person's name must be UTF-8" in run.stderr
    assert recognized_person(stack, command) == ["ann", "bo"]


def test_a_deepface_table_is_imported(stack: Stack, command: Commands, empty_database_url: str):
    (command.folder / "ann").mkdir()
    (command.folder / "ann" / "1.jpg").write_bytes(encoded(astronaut()))
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE embeddings (id bigserial PRIMARY KEY, img_name text, embedding float8[])")
        connection.execute("INSERT INTO embeddings (img_name) VALUES ('ann/1.jpg'), ('ann/1.jpg')")

    assert "--photographs" in command("import", "--deepface", empty_database_url).stderr
    run = command("import", "--deepface", empty_database_url, "--photographs", ".")
    assert "1 of 1 photographs: 1 learned" in run.stderr, run.stderr
    assert recognized_person(stack, command)[0] == "ann"


def test_a_malicious_pickle_is_refused(command: Commands):
    (command.folder / "bad.pkl").write_bytes(b"cos\nsystem\n(S'touch touched'\ntR.")
    run = command("import", "--deepface", "bad.pkl")
    assert run.returncode == 2
    assert "It names os.system" in run.stderr
    assert not (command.folder / "touched").exists()


def test_an_export_is_imported_into_another_directory(stack: Stack, command: Commands):
    assert command("learn", "ann", "ann.jpg").returncode == 0
    assert command("export", "all.zip").returncode == 0
    other = Commands(stack, command.folder, command.environment["FACESERVER_DIRECTORY"] + "-copy")

    run = other("import", "all.zip")
    assert run.returncode == 0, run.stderr
    assert "1 of 1 photographs: 1 learned" in run.stderr
    assert recognized_person(stack, other)[0] == "ann"


@pytest.mark.parametrize("sources", [(), ("people", "--compreface", "nowhere"), ("people", "--deepface", ".")])
def test_exactly_one_source_is_required(command: Commands, sources: tuple[str, ...]):
    (command.folder / "people").mkdir()
    run = command("import", *sources)
    assert (run.returncode, "Give exactly one source" in run.stderr) == (2, True)


def test_a_file_that_is_not_an_archive_is_refused(command: Commands):
    run = command("import", "ann.jpg")
    assert run.returncode != 0
    assert "neither a folder nor a zip archive" in run.stderr


def test_a_database_of_another_program_is_refused(command: Commands, empty_database_url: str):
    for option in ("--compreface", "--deepface"):
        run = command("import", option, empty_database_url, "--photographs", str(Path.cwd()))
        assert (run.returncode, "This is not a database of" in run.stderr) == (2, True), run.stderr

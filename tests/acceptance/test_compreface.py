"""docs/compreface.md: moving from CompreFace as the page says, and the figures and scopes that it lists."""

import json
import re
from pathlib import Path

import psycopg
import pytest

from apiserver.api.compreface.routes import CompreFaceRoute
from apiserver.app import create_app
from apiserver.settings.settings import Settings
from bench.accuracy.compreface_similarity import rows
from tests.checkout import ROOT
from tests.commands import Commands
from tests.compreface import FACE, TABLES
from tests.photographs import actor, astronaut, encoded
from tests.stack import Stack

PAGE = (ROOT / "docs" / "compreface.md").read_text(encoding="utf-8")
MOVING = PAGE.partition("## Moving from CompreFace")[2]


@pytest.fixture
def compreface(empty_database_url: str) -> str:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(TABLES)
        for person, photograph in (("Ann", astronaut()), ("Bo", actor())):
            connection.execute(FACE, {"key": "key-1", "person": person, "photo": encoded(photograph)})
    return empty_database_url


def test_people_move_as_the_page_says(stack: Stack, command: Commands, compreface: str):
    directory = command.environment["FACESERVER_DIRECTORY"]
    lines = [line.strip() for block in re.findall(r"```\n(.*?)```", MOVING, re.DOTALL) for line in block.splitlines()]
    import_, create, *curls = [line for line in lines if line]

    dsn = re.search(r"postgresql:\S+", import_)
    assert dsn
    imported = command.shell(import_.replace(dsn[0], f"'{compreface}'").replace("home", directory))
    assert "2 of 2 photographs: 2 learned" in imported, imported

    made = command.shell(create.replace("--directory home", f"--directory {directory}"))
    key, hint = made.splitlines()
    assert re.fullmatch(r"[0-9a-f-]{36}", key)
    token = hint.partition("/static/")[2].partition("/")[0]

    address = stack.url.removeprefix("http://")
    listed, recognized = (
        json.loads(command.shell(f"KEY={key}; {line.replace('curl', 'curl -s').replace('localhost:8080', address)}"))
        for line in curls
    )
    assert {face["subject"] for face in listed["faces"]} == {"Ann", "Bo"}
    assert recognized["result"][0]["subjects"][0]["subject"] == "Ann"
    with stack.client() as client:
        image = client.get(f"/api/v1/static/{token}/images/{listed['faces'][0]['image_id']}")
    assert image.headers["content-type"] == "image/jpeg"


def test_the_figures_are_those_of_the_program():
    assert list(rows()), "no model"
    assert "\n".join(rows()) in PAGE


def test_the_page_lists_each_call_with_its_scopes(tmp_path: Path):
    table = PAGE.partition("## Supported calls")[2].partition("\n## ")[0]
    listed = {}
    for cells in re.findall(r"^\| (`.*?) \| .*? \| (.*?) \|$", table, re.MULTILINE):
        for call in re.findall(r"`(\w+ .*?)`", cells[0]):
            listed[call] = set(re.findall(r"`(\w+)`", cells[1]))
    settings = Settings(
        database_url="postgresql://localhost/x", image_store_url=f"file://{tmp_path}", facades="compreface"
    )
    routes = [route for route in create_app(settings).routes if isinstance(route, CompreFaceRoute)]
    served = {
        f"{method} {route.path.removeprefix('/api/v1')}": set(route.needs.all_of)
        for route in routes
        for method in route.methods or ()
    }
    assert listed == served

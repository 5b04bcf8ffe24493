"""The help of the commands, and their messages about wrong use, without a service."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from faceserver.commands.app import app
from tests.checkout import ROOT

COMMANDS = [
    *("learn", "register", "recognize", "verify", "compare", "detect", "watch", "import", "export", "job", "calibrate"),
    *("preview", "usage", "status"),
    *(f"doubts {name}" for name in ("faces", "pairs", "compare", "dismiss", "reopen", "dismiss-pair", "reopen-pair")),
    *(f"persons {name}" for name in ("list", "show", "edit", "consent", "restrict", "rename", "delete")),
    *(f"persons {name}" for name in ("faces", "merge", "merges", "split")),
    *(f"directories {name}" for name in ("list", "show", "create", "set", "delete", "activity", "scores")),
    *(f"audit {name}" for name in ("list", "verify", "export")),
    *(f"keys {name}" for name in ("create", "list", "edit", "revoke", "rotate")),
]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_examples(name: str):
    shown = CliRunner().invoke(app, [*name.split(), "--help"]).output
    assert "For example:" in shown
    assert f"faceserver {name}" in shown


def leaves(group: Any) -> Iterator[str]:
    for name, command in group.commands.items():
        yield from (f"{name} {leaf}" for leaf in leaves(command)) if hasattr(command, "commands") else (name,)


def test_every_command_is_here_and_documented():
    document = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert set(leaves(typer.main.get_command(app))) == {*COMMANDS, "serve"}
    assert [name for name in COMMANDS if name.split()[-1] not in document] == []


def commands(group: Any) -> Iterator[Any]:
    for command in group.commands.values():
        yield from commands(command) if hasattr(command, "commands") else (command,)


def test_every_command_that_calls_the_service_takes_a_key_file():
    options = [{parameter.name for parameter in each.params} for each in commands(typer.main.get_command(app))]
    assert len(options) > 25
    assert [names for names in options if ("url" in names) != ("key_file" in names)] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("directories set", "Give --default or the settings to change"),
        ("directories set --fpir 0.1 --default", "Give --default or"),
        ("directories set --fpir 0.1 --threshold 0.5", "mutually exclusive"),
        ("directories set --fpir 2", "--fpir"),
        ("directories delete", "Missing option"),
        ("persons split ann", "Give face ids and --to, or only --undo."),
        ("persons split ann id", "Give face ids"),
        ("persons split ann --to bo", "Give face ids"),
        ("persons split ann id --to bo --undo id", "only --undo"),
        ("persons edit ann --metadata {", "--metadata is not valid JSON"),
        ("persons edit ann --metadata []", "--metadata is not a JSON object"),
        ("persons consent ann", "Give one of --text, --withdraw and --remove."),
        ("persons consent ann --text v1 --withdraw", "Give one of --text, --withdraw and --remove."),
        ("persons list --sort age", "age"),
        ("detect pyproject.toml LICENSE --draw out.jpg", "--draw takes one photograph."),
        ("recognize pyproject.toml LICENSE --draw out.jpg", "--draw takes one photograph."),
        ("verify ann", "Missing argument"),
        ("audit list --data . --database-url x", "Give one of --data, --database-url and --database-url-file."),
        ("audit verify audit.jsonl --data .", "Give either a file or a database."),
        ("audit export --database-url-file nowhere", "nowhere"),
        ("keys edit 3vQ0x9LkP2aB", "Give what to change."),
        ("keys create --name x --directory acme", "--scope"),
        ("keys create --name x --scope read --directory acme --expires soon", "such as 90d"),
        ("keys create --name x --scope read --directory acme --expires 2126-01-01", "must have a time zone"),
        ("keys rotate 3vQ0x9LkP2aB --overlap 2126-01-01T00:00Z", "such as 90d"),
        ("persons list --url localhost:8080", "localhost:8080 is not a valid URL"),
    ],
)
def test_wrong_use_is_explained(line: str, said: str):
    run = CliRunner(env={"TERM": "dumb", "COLUMNS": "200"}).invoke(app, line.split())

    assert run.exit_code == 2
    assert said in run.stderr

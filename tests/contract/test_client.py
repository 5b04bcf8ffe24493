"""Both clients are one, docs/client.md names their calls, and a strictly typed program can use them."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import faceserver
from faceserver import AsyncClient, Client
from tests.documents import DOCUMENTS, program

ROOT = Path(__file__).parents[2]

WRONG = """
from faceserver import Client

client = Client()
client.learn("ann", 42)
client.recognize("a.jpg", k="many")
client.recognize("a.jpg").faces[0].similarity + 1
client.recognize("a.jpg").faces[0].nose
client.learn("ann", "a.jpg", face="all")
"""


def calls(kind: type) -> dict[str, Callable[..., Any]]:
    return {name: call for name, call in vars(kind).items() if inspect.isfunction(call) and not name.startswith("_")}


def signature(call: Callable[..., Any]) -> str:
    parameters = inspect.signature(call).parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(bare)).replace("self, ", "").replace("self", "")


@pytest.mark.parametrize("name", calls(Client))
def test_both_clients_have_the_same_calls(name: str):
    plain, awaited = calls(Client)[name], calls(AsyncClient)[name]

    assert inspect.iscoroutinefunction(awaited)
    assert inspect.signature(plain) == inspect.signature(awaited)
    assert plain.__doc__ == awaited.__doc__


def test_neither_client_has_a_call_of_its_own():
    assert calls(Client).keys() == calls(AsyncClient).keys()


def test_every_call_is_documented():
    document = (DOCUMENTS / "client.md").read_text(encoding="utf-8")
    rows = [f"| `{name}{signature(call)}` | {inspect.getdoc(call)} |" for name, call in calls(Client).items()]
    assert [row for row in rows if row not in document] == []


def test_every_error_is_documented():
    document = (DOCUMENTS / "client.md").read_text(encoding="utf-8")
    kinds = [kind for kind in vars(faceserver.errors).values() if inspect.isclass(kind)]
    named = [kind.__name__ for kind in kinds if issubclass(kind, faceserver.FaceserverError)]
    assert len(named) > 8
    assert [name for name in named if f"`{name}`" not in document] == []


def test_a_strictly_typed_program_can_be_written(tmp_path: Path, pytestconfig: pytest.Config):
    assert pytestconfig.cache
    cache = pytestconfig.cache.mkdir("mypy")
    (tmp_path / "example.py").write_text(program("client.md"))
    (tmp_path / "wrong.py").write_text(WRONG)

    right, wrong = checked(tmp_path, "example.py", cache), checked(tmp_path, "wrong.py", cache)

    assert right.returncode == 0, right.stdout
    kinds = [line.rpartition("[")[2] for line in wrong.stdout.splitlines() if ": error: " in line]
    assert kinds == ["arg-type]", "arg-type]", "operator]", "attr-defined]", "arg-type]"], wrong.stdout


def checked(folder: Path, program: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Type-check a program as its author would, who has the package installed with its types."""
    site = folder / "site"
    if not site.exists():
        site.mkdir()
        (site / "faceserver").symlink_to(ROOT / "faceserver")
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", program],
        cwd=folder,
        env={"MYPYPATH": str(site), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_the_types_are_installed():
    assert (ROOT / "faceserver" / "py.typed").exists()
    assert 'faceserver = ["py.typed"]' in (ROOT / "pyproject.toml").read_text()


def test_importing_the_client_brings_nothing_of_the_stack():
    heavy = ["numpy", "cv2", "PIL", "fastapi", "uvicorn", "onnxruntime", "asyncpg", "apiserver", "faceserver.stack"]
    check = f"import sys, faceserver; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", check], text=True, cwd=ROOT) == "[]\n"

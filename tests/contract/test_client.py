"""Both clients have the same calls, docs/client.md lists them, and strictly typed programs can use them."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import faceserver
from faceserver import AsyncClient, Client
from tests.checkout import ROOT
from tests.contract.client_reference import DOCUMENT, methods, reference, split
from tests.documents import program
from tests.waiting import PATIENCE_SECONDS

WRONG = [
    ('client.learn("ann", 42)', "arg-type"),
    ('client.recognize("a.jpg", k="many")', "arg-type"),
    ('client.recognize("a.jpg").faces[0].similarity + 1', "operator"),
    ('client.recognize("a.jpg").faces[0].nose', "attr-defined"),
    ('client.learn("ann", "a.jpg", face="all")', "arg-type"),
    ('client.learn("ann", "a.jpg", mouth="open")', "call-arg"),
    ('client.persons(sort="age")', "arg-type"),
    ("[person.age for person in client.persons()]", "attr-defined"),
    ('client.patch_person("ann", metadata=None)', "arg-type"),
    ('client.wait(client.delete_person("ann")).state', "attr-defined"),
    ('awaited.recognize("a.jpg").faces', "attr-defined"),
    ('[face for face in awaited.faces("ann")]', "attr-defined"),
]
"""Lines that a user may write, with mypy's messages."""


def test_both_clients_have_the_same_calls():
    plain, awaited = methods(Client), methods(AsyncClient)

    assert plain.keys() == awaited.keys()
    for name in plain.keys() - {"answers"}:
        assert not inspect.iscoroutinefunction(plain[name])
        assert inspect.iscoroutinefunction(awaited[name])
        assert inspect.signature(plain[name]) == inspect.signature(awaited[name])
        assert plain[name].__doc__ == awaited[name].__doc__


async def test_a_call_keeps_its_signature_and_docstring():
    with Client() as client:
        assert client.learn.__doc__ == AsyncClient.learn.__doc__ == Client.learn.__doc__
        assert list(inspect.signature(client.learn).parameters)[:2] == ["person", "photograph"]
        assert not inspect.iscoroutinefunction(client.learn)
    async with AsyncClient() as client:
        assert inspect.iscoroutinefunction(client.learn)


def test_the_list_of_calls_equals_the_docstrings():
    """To accept a change: python -m tests.contract.client_reference."""
    _, calls, _ = split(DOCUMENT.read_text(encoding="utf-8"))
    assert calls.strip() == reference().strip()


def test_every_error_is_documented():
    document = DOCUMENT.read_text(encoding="utf-8")
    kinds = [kind for kind in vars(faceserver.errors).values() if inspect.isclass(kind)]
    named = [kind.__name__ for kind in kinds if issubclass(kind, faceserver.FaceserverError)]
    assert len(named) > 8
    assert [name for name in named if f"`{name}`" not in document] == []


def test_mypy_strict_accepts_right_and_rejects_wrong_programs(tmp_path: Path, pytestconfig: pytest.Config):
    assert pytestconfig.cache
    cache = pytestconfig.cache.mkdir("mypy")
    (tmp_path / "example.py").write_text(program("client.md"))
    header = "from faceserver import AsyncClient, Client\nclient, awaited = Client(), AsyncClient()\n"
    (tmp_path / "wrong.py").write_text(header + "\n".join(line for line, _ in WRONG))

    right, wrong = checked(tmp_path, "example.py", cache), checked(tmp_path, "wrong.py", cache)

    assert right.returncode == 0, right.stdout
    kinds = [line.rpartition("[")[2] for line in wrong.stdout.splitlines() if ": error: " in line]
    assert kinds == [f"{kind}]" for _, kind in WRONG], wrong.stdout


def checked(folder: Path, program: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Type-check a program as its author would, with the installed package and its types."""
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
        timeout=PATIENCE_SECONDS,
    )


def test_the_package_is_marked_as_typed():
    assert (ROOT / "faceserver" / "py.typed").exists()
    assert 'faceserver = ["py.typed"]' in (ROOT / "pyproject.toml").read_text()


def test_importing_the_client_imports_nothing_of_the_stack():
    heavy = [
        "numpy",
        "cv2",
        "PIL",
        "fastapi",
        "uvicorn",
        "onnxruntime",
        "asyncpg",
        "apiserver",
        "faceserver.standalone.stack",
    ]
    check = f"import sys, faceserver; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", check], text=True, cwd=ROOT) == "[]\n"

"""Counts the modules and functions of the gateway that one /recognize passes, and the SQL statements it makes.

`python -m bench call-path PHOTOGRAPH`, which shows one person. The gateway runs in this process, the vectorizer in
another one, and PostgreSQL is that of the standalone stack. The first request of a gateway is the cold one; the warm
one finds everything connected and remembered.
"""

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import Popen
from types import FrameType
from typing import Annotated

import httpx
import typer
import uvicorn
from asgi_correlation_id import correlation_id

from apiserver.app import create_app
from apiserver.settings.settings import Settings
from bench.harness.stack import START_SECONDS, is_ready
from bench.search.server import embedded_database
from faceserver.standalone.addresses import free_loopback_port

ROOT = Path(__file__).parents[2]
PACKAGES = ("apiserver", "serving")
_STATEMENTS = {"execute", "executemany", "fetch", "fetchrow", "fetchval"}
_ASYNCPG = str(Path("asyncpg", "connection.py"))


class CallPath:
    """The functions that a request entered, by package, and the SQL statements that it sent."""

    def __init__(self) -> None:
        self.functions: dict[str, set[tuple[str, str]]] = {package: set() for package in PACKAGES}
        self.statements: list[str] = []
        self._seen: set[FrameType] = set()

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Note what this thread calls until the end."""
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or correlation_id.get() is None:  # what runs in the background has no request id
            return
        if frame in self._seen:  # a coroutine is called again each time it is resumed
            return
        code = frame.f_code
        if code.co_filename.endswith(_ASYNCPG) and code.co_name in _STATEMENTS:
            self._seen.add(frame)
            self.statements.append(" ".join(str(frame.f_locals.get("query", frame.f_locals.get("command"))).split()))
            return
        path = Path(code.co_filename)
        if path.is_relative_to(ROOT) and (package := path.relative_to(ROOT).parts[0]) in self.functions:
            self._seen.add(frame)
            module = path.relative_to(ROOT).with_suffix("").as_posix()
            if not code.co_name.startswith("<"):  # comprehensions and lambdas are part of what they stand in
                self.functions[package].add((module, code.co_qualname))


async def measure(content: bytes, folder: Path) -> dict[str, CallPath]:
    """Return what a cold and a warm /recognize pass that name the person on a photograph."""
    paths = {"cold": CallPath(), "warm": CallPath()}
    with _vectorizer() as vectorizer_url:
        async with embedded_database(folder) as dsn:
            settings = Settings(
                database_url=dsn, vectorizer_urls=vectorizer_url, image_store_url=f"file://{folder}/images"
            )
            async with _gateway(settings) as client:
                learned = await client.post("/learn", data={"person": "ann"}, files={"file": content})
                learned.raise_for_status()
            async with _gateway(settings) as client:
                for path in paths.values():
                    with path.followed():
                        await _recognize(client, content)
                    await _recognize(client, content)
    return paths


async def _recognize(client: httpx.AsyncClient, content: bytes) -> None:
    answer = (await client.post("/recognize", files={"file": content})).raise_for_status().json()
    if answer["persons"][0]["id"] != "ann":
        raise RuntimeError("The person on the photograph is not recognized.")


@contextmanager
def _vectorizer() -> Iterator[str]:
    port = free_loopback_port()
    environment = os.environ | {"VECTORIZER_PORT": str(port)}  # noqa: TID251 - handed on
    process, url = Popen([sys.executable, "-m", "vectorizer"], env=environment), f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_SECONDS
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("The vectorizer does not start.")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def _gateway(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=START_SECONDS) as client:
            yield client
        server.should_exit = True
        await serving


def main(
    photograph: Annotated[Path, typer.Argument(help="Image file that shows one person.")],
    *,
    listed: Annotated[bool, typer.Option("--list", help="Name every function.")] = False,
) -> None:
    """Print the call path."""
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder:
        paths = asyncio.run(measure(photograph.read_bytes(), Path(folder)))
    for name, path in paths.items():
        for package, functions in path.functions.items():
            modules = {module for module, _ in functions}
            print(f"{name}, {package}: {len(modules)} modules, {len(functions)} functions")
            for module, function in sorted(functions) if listed else ():
                print(f"    {module}: {function}")
        print(f"{name}, SQL statements: {len(path.statements)}")
        for statement in path.statements:
            print(f"    {statement[:100]}")


if __name__ == "__main__":
    typer.run(main)

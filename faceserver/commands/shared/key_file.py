"""The key of the commands that call the service: `--key-file`, FACESERVER_KEY or FACESERVER_KEY_FILE."""

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from faceserver.file_names import shown
from serving.secret_files import read_secret

Command = TypeVar("Command", bound=Callable[..., Any])

_given: ContextVar[Path | None] = ContextVar("key_file", default=None)

_OPTION = inspect.Parameter(
    "key_file",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        Path | None,
        typer.Option(help="File with the key to send.", show_default="FACESERVER_KEY, or FACESERVER_KEY_FILE"),
    ],
)


class Commands(typer.Typer):
    """A group of commands; those with `--url` have `--key-file` as well."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Command], Command]:  # noqa: ANN401 - typer's
        """Return a decorator that adds a command and leaves the function as it is."""
        add = super().command(name, **options)

        def added(command: Command) -> Command:
            add(_with_key_file(command) if "url" in inspect.signature(command).parameters else command)
            return command

        return added


def _with_key_file(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(*arguments: object, key_file: Path | None, **options: object) -> object:
        token = _given.set(key_file)
        try:
            return command(*arguments, **options)
        finally:
            _given.reset(token)

    signature = inspect.signature(command, eval_str=True)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), _OPTION]
    )
    run.__annotations__ = {**command.__annotations__, _OPTION.name: _OPTION.annotation}
    return run


class _Environment(BaseSettings):
    """The key of all commands."""

    model_config = SettingsConfigDict(env_prefix="FACESERVER_", extra="ignore")

    key: SecretStr | None = None
    key_file: Path | None = None


def key_to_send() -> str | None:
    """Return the key of the running command, None if there is none. Raises UnusableSecret."""
    environment = _Environment()
    if file := _given.get():
        return _in_file(file, "--key-file")
    if environment.key is not None:
        return environment.key.get_secret_value() or None
    return _in_file(environment.key_file, "FACESERVER_KEY_FILE") if environment.key_file else None


def _in_file(file: Path, name: str) -> str:
    key = read_secret(file, name).strip()
    if file.stat().st_mode & 0o077:
        typer.echo(f"Others can read the key in {shown(file)}; its mode should be 600.", err=True)
    return key

"""Reads whom deepface knows: from the pickle that its `find` leaves in a folder, or from its table in PostgreSQL.

Both name the file of each photograph, which is what is taken: the embeddings beside them are of other models. Nothing
outside the given folder of photographs is ever read, whatever a pickle or a table names.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg

from faceserver.foreign_people import ForeignError, ForeignPhotograph
from faceserver.restricted_pickle import UnsafePickle, load

_NAMES = "SELECT DISTINCT img_name FROM embeddings ORDER BY img_name"
_CONNECT_SECONDS = 10


def names_in_pickles(path: Path) -> list[str]:
    """Return the files named in a pickle, or in all those of a folder. Raises ForeignError."""
    pickles = sorted(path.glob("*.pkl")) if path.is_dir() else [path]
    if not pickles:
        raise ForeignError(f"{path} holds no pickle of deepface (ds_model_….pkl).")
    return sorted({name for one in pickles for name in _names_in(one)})


def names_in_table(dsn: str) -> list[str]:
    """Return the files named in deepface's table `embeddings`. Raises ForeignError."""
    try:
        with psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS) as connection:
            return [str(name) for (name,) in connection.execute(_NAMES).fetchall()]
    except psycopg.errors.UndefinedTable as error:
        raise ForeignError("This is no database of deepface: it has no table 'embeddings'.") from error
    except psycopg.Error as error:
        raise ForeignError(f"The database cannot be read: {error}".strip()) from error


def find_files(names: Iterable[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the file of each name within the folder of photographs, and the names without one."""
    found, missing = {}, []
    for name in names:
        file = _file_of(name, folder.resolve())
        if file is None:
            missing.append(name)
        else:
            found[name] = file
    return found, missing


def photographs(files: dict[str, Path], folder: Path) -> Iterator[ForeignPhotograph]:
    """Yield each photograph, of the person its folder is named after; one in no folder is of whom it is named after."""
    for name, file in files.items():
        person = file.stem if file.parent == folder.resolve() else file.parent.name
        yield ForeignPhotograph(person, name, file.read_bytes())


def _names_in(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            representations = load(file)
    except UnsafePickle as error:
        raise ForeignError(f"{path} is not read. {error}") from error
    except OSError as error:
        raise ForeignError(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(representations, list):
        raise ForeignError(f"{path} is no list of embeddings.")
    for one in representations:
        name = one.get("identity") if isinstance(one, dict) else one[0] if isinstance(one, list) and one else None
        if not isinstance(name, str):
            raise ForeignError(f"{path} has an entry without the name of its photograph.")
        yield name


def _file_of(name: str, folder: Path) -> Path | None:
    """Return the file within `folder` that was called this wherever deepface was run.

    deepface writes paths as it was given them, so they begin somewhere above the folder, which may have moved since.
    """
    path = Path(name.replace("\\", "/"))
    parts = path.relative_to(path.anchor).parts
    for candidate in (path, *(folder.joinpath(*parts[start:]) for start in range(len(parts)))):
        file = candidate.resolve()
        if file.is_relative_to(folder) and file.is_file():
            return file
    return None

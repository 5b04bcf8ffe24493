"""Reads the people of deepface from the pickle that its `find` leaves in a folder, or from its table in PostgreSQL.

Both name the file of each photograph, and the photographs are imported; the stored embeddings are of other models. No
file outside the given folder of photographs is ever read, whatever a pickle or a table names.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from faceserver.importing.foreign_people import ForeignError, ForeignPhotograph, connected
from faceserver.importing.restricted_pickle import UnsafePickle, load

_MAX_NAME = 4_096
_MAX_DEPTH = 64
"""Folders of a path, each of which may be the first one below the folder of photographs."""

_NAMES = "SELECT DISTINCT img_name FROM embeddings ORDER BY img_name"


def names_in_pickles(path: Path) -> list[str]:
    """Return the files named in a pickle or in all pickles of a folder. Raises ForeignError."""
    pickles = sorted(path.glob("*.pkl")) if path.is_dir() else [path]
    if not pickles:
        raise ForeignError(f"{path} contains no pickle of deepface (ds_model_….pkl).")
    return sorted({name for pickle in pickles for name in _names_in(pickle)})


def names_in_table(dsn: str) -> list[str]:
    """Return the files named in deepface's table `embeddings`. Raises ForeignError."""
    with connected(dsn, "deepface") as connection:
        return [str(name) for (name,) in connection.execute(_NAMES).fetchall()]


def find_files(names: Iterable[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the file of each name within the folder of photographs, and the names without a file."""
    found, missing = {}, []
    for name in names:
        file = _file_of(name, folder.resolve())
        if file is None:
            missing.append(name)
        else:
            found[name] = file
    return found, missing


def photographs(files: dict[str, Path], folder: Path) -> Iterator[ForeignPhotograph]:
    """Yield each photograph with its person: the name of its sub-folder, or of the file if it is in none."""
    for name, file in files.items():
        person = file.stem if file.parent == folder.resolve() else file.parent.name
        yield ForeignPhotograph(person, name, file.read_bytes())


def _names_in(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            representations = load(file)
    except UnsafePickle as error:
        raise ForeignError(f"{path} was not read. {error}") from error
    except OSError as error:
        raise ForeignError(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(representations, list):
        raise ForeignError(f"{path} is not a list of embeddings.")
    for entry in representations:
        name = (
            entry.get("identity")
            if isinstance(entry, dict)
            else entry[0]
            if isinstance(entry, list) and entry
            else None
        )
        if not isinstance(name, str):
            raise ForeignError(f"{path} has an entry that does not name its photograph.")
        yield name


def _file_of(name: str, folder: Path) -> Path | None:
    """Return the file within `folder` to which deepface gave this name.

    deepface writes paths as it received them, so they start above the folder, which may have been moved since.
    """
    if len(name) > _MAX_NAME:
        return None
    path = Path(name.replace("\\", "/"))
    parts = path.relative_to(path.anchor).parts[-_MAX_DEPTH:]
    # A name with a zero, a lone surrogate or a part that is too long names no file.
    with suppress(OSError, ValueError, RuntimeError):
        for candidate in (path, *(folder.joinpath(*parts[start:]) for start in range(len(parts)))):
            file = candidate.resolve()
            if file.is_relative_to(folder) and file.is_file():
                return file
    return None

"""deepface's pickles are read, and no code that they name is run."""

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceserver.importing.deepface import find_files, names_in_pickles
from faceserver.importing.foreign_people import ForeignError
from faceserver.importing.restricted_pickle import UnsafePickle, load


class Shell:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._file}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "embedding", [[0.25, 0.5], np.ones(4), np.float32(1), np.array([[1, 2]], np.float16), None, np.array(["a"], object)]
)
def test_lists_of_embeddings_are_read(protocol: int, embedding: object):
    entries = [{"identity": "db/ann/1.jpg", "hash": "0", "embedding": embedding, "target_x": 0}]
    read: Any = load(io.BytesIO(pickle.dumps(entries, protocol)))
    [read] = read
    assert (read["identity"], read["target_x"]) == ("db/ann/1.jpg", 0)


def test_no_code_that_a_pickle_names_is_run(tmp_path: Path):
    touched = tmp_path / "touched"
    for payload in (Shell(touched), [{"identity": Shell(touched)}], np.array([Shell(touched)], object)):
        with pytest.raises(UnsafePickle, match=r"names (posix|nt)\.system"):
            load(io.BytesIO(pickle.dumps(payload)))
    texts = (b"cbuiltins\neval\n(S'1'\ntR.", b"cnumpy\nload\n(S'x'\ntR.", b"cnumpy.core.multiarray\nfromfile\n.", b"-")
    for text in texts:
        with pytest.raises(UnsafePickle):
            load(io.BytesIO(text))
    assert not touched.exists()


def test_both_forms_of_deepface_pickles_are_read(tmp_path: Path):
    (tmp_path / "ds_a_v2.pkl").write_bytes(pickle.dumps([{"identity": "db/ann/1.jpg"}, {"identity": "db/bo/1.jpg"}]))
    (tmp_path / "representations_b.pkl").write_bytes(pickle.dumps([["db/ann/1.jpg", [0.5]]]))
    assert names_in_pickles(tmp_path) == ["db/ann/1.jpg", "db/bo/1.jpg"]
    (tmp_path / "ds_c.pkl").write_bytes(pickle.dumps({"identity": "db/ann/1.jpg"}))
    with pytest.raises(ForeignError, match=r"ds_c\.pkl is not a list"):
        names_in_pickles(tmp_path)


def test_only_photographs_within_the_folder_are_found(tmp_path: Path):
    folder = tmp_path / "db"
    (folder / "ann").mkdir(parents=True)
    for file in (folder / "ann" / "1.jpg", folder / "bo.jpg", tmp_path / "secret.jpg"):
        file.write_bytes(b"-")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    names = ["/somewhere/db/ann/1.jpg", "db\\ann\\1.jpg", "bo.jpg", str(folder / "bo.jpg")]
    outside = ["../secret.jpg", str(tmp_path / "secret.jpg"), "db/../../secret.jpg", "link.jpg", "ann/2.jpg", "ann", ""]
    found, missing = find_files([*names, *outside], folder)
    assert {name: file.name for name, file in found.items()} == dict(
        zip(names, ["1.jpg", "1.jpg", "bo.jpg", "bo.jpg"], strict=True)
    )
    assert missing == outside

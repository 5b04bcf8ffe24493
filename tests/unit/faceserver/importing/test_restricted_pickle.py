"""deepface's pickles are read, and no code that they name is run."""

import io
import os
import pickle
import tracemalloc
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


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x8b\xff\xff\xff\x7f\0.",
        b"\x80\x04\x8b\xff\xff\xff\xff\0.",
        b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.",
        b"\x80\x04\x8e" + b"\0\0\0\0\x40\0\0\0.",
        b"\x80\x05\x96" + b"\0\0\0\0\x40\0\0\0.",
        b"I" + b"9" * 100_000 + b"\n.",
        b"(" * 100_000 + b".",
        b"0.",
        b"h\0.",
        b"K\1K\2.",
        b"\x80\x04]\x8f.",
    ],
)
def test_a_pickle_that_claims_more_than_it_has_is_refused(content: bytes):
    tracemalloc.start()
    try:
        with pytest.raises(UnsafePickle):
            load(io.BytesIO(content))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_large_memo_index_takes_no_memory():
    assert load(io.BytesIO(b"\x80\x04Nr\0\0\0\x08.")) is None


def test_what_a_pickle_names_does_not_control_the_terminal():
    with pytest.raises(UnsafePickle) as raised:
        load(io.BytesIO(b"cos\n\x1b[31m" + b"a" * 10_000 + b"\n."))
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


def test_nested_tuples_are_no_keys():
    """To hash them would take for ever."""
    assert load(io.BytesIO(b"}N" + b"2\x86" * 1_000 + b"Ns.")) == {}


@pytest.mark.parametrize("name", ["\0", "a\0b.jpg", "\ud800", "a" * 5_000, "a" * 300, "a/" * 2_000, "../" * 1_000])
def test_a_name_that_no_file_can_have_is_missing(tmp_path: Path, name: str):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([{"identity": name}]))
    assert find_files(names_in_pickles(tmp_path), tmp_path) == ({}, [name])


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

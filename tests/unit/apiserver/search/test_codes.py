"""The codes of faces in memory, against exhaustive comparisons in numpy."""

import struct
from uuid import UUID, uuid4

import numpy as np
import pytest

from apiserver.search.codes import Codes, CopiedRows, Rows

DIMENSION = 64


def unit_vectors(count, seed, dimension=DIMENSION):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def rows_of(faces, vectors, *, there=True):
    ids = np.frombuffer(b"".join(face.bytes for face in faces), np.uint8).reshape(len(faces), 16)
    return Rows(ids, np.full(len(faces), there), np.packbits(np.asarray(vectors) > 0, axis=1))


def copied(faces, vectors, *, there=True):
    """The bytes of PostgreSQL's binary COPY of such rows."""
    data = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
    for face, vector in zip(faces, vectors, strict=True):
        code = np.packbits(vector > 0).tobytes()
        data += struct.pack(">hi", 3, 16) + face.bytes + struct.pack(">i?", 1, there)
        data += struct.pack(">ii", 4 + len(code), len(vector)) + code
    return data + b"\xff\xff"


def found(codes, probes, *, coarse=10**6, fine=1):
    return [{UUID(face) for face in faces} for faces in codes.view().nearest(probes, coarse=coarse, fine=fine)]


def fill(count, seed, dimension=DIMENSION):
    faces, vectors = [uuid4() for _ in range(count)], unit_vectors(count, seed, dimension)
    codes = Codes(dimension, count)
    codes.add(rows_of(faces, vectors))
    return codes, faces, vectors


@pytest.mark.parametrize("dimension", [48, 64, 100, 512])
@pytest.mark.parametrize("probes", [1, 20])
def test_the_faces_with_the_best_products_of_probe_and_signs_are_found(dimension, probes):
    codes, faces, vectors = fill(500, 1, dimension)
    sought = unit_vectors(probes, 2, dimension)

    products = sought @ np.where(vectors > 0, 1, -1).T
    best = [{faces[row] for row in np.argsort(-of)[:10]} for of in products]
    assert found(codes, sought.tolist(), fine=10) == best


def test_only_the_nearest_in_hamming_distance_are_ranked():
    codes, faces, vectors = fill(500, 3)
    [probe] = unit_vectors(1, 4)
    distances = ((vectors > 0) != (probe > 0)).sum(axis=1)
    [nearest] = found(codes, [probe.tolist()], coarse=30, fine=30)
    assert len(nearest) == 30
    assert max(distances[faces.index(face)] for face in nearest) == np.sort(distances)[29]


def test_nothing_is_found_among_no_codes():
    assert Codes(DIMENSION, 10).view().nearest(unit_vectors(2, 1).tolist(), coarse=5, fine=5) == [[], []]


@pytest.mark.parametrize("removed", [1, 40, 400])
def test_removed_faces_are_found_no_more_and_leave_no_code(removed):
    codes, faces, vectors = fill(500, 5)
    earlier = codes.view()
    codes.replace([rows_of(faces[:removed], vectors[:removed], there=False)])

    left = found(codes, vectors.tolist())
    assert left[removed:] == [{face} for face in faces[removed:]]
    assert not set(faces[:removed]) & set.union(*left)
    for view in (earlier, codes.view()):  # not even where an earlier search still looks
        kept = {code.tobytes() for code in view.codes}
        assert not kept & {code.tobytes() for code in np.packbits(vectors[:removed] > 0, axis=1)}


def test_replaced_and_added_faces_are_found_once_by_later_views():
    codes, faces, vectors = fill(300, 6)
    changed, added = unit_vectors(20, 7), [uuid4() for _ in range(30)]
    earlier = codes.view()
    codes.replace([rows_of(faces[:20], changed)])
    codes.replace([rows_of(added, unit_vectors(30, 8))])
    codes.replace([rows_of(added, unit_vectors(30, 8))])  # read twice

    assert found(codes, changed.tolist()) == [{face} for face in faces[:20]]
    assert found(codes, unit_vectors(30, 8).tolist()) == [{face} for face in added]
    everybody = codes.view().nearest(vectors[:1].tolist(), coarse=10**6, fine=10**6)[0]
    assert sorted(map(UUID, everybody)) == sorted([*faces, *added])
    assert not set(added) & {UUID(face) for face in earlier.nearest(changed[:1].tolist(), coarse=10**6, fine=10**6)[0]}


def test_faces_whose_ids_begin_alike_are_replaced_together():
    """The log of changes knows faces by the first 32 bits of their ids, and names all that begin so."""
    faces = [UUID(int=(number // 2) << 96 | number) for number in range(1, 41)]
    vectors = unit_vectors(40, 13)
    codes = Codes(DIMENSION, 40)
    codes.add(rows_of(faces, vectors))
    nobody = [UUID(int=(number // 2) << 96) for number in range(1, 41)]
    left = [face for face in faces if face.int % 4]
    rows = [vectors[faces.index(face)] for face in left]
    codes.replace([rows_of(nobody, vectors, there=False), rows_of(left[:7], rows[:7]), rows_of(left[7:], rows[7:])])

    [found] = codes.view().nearest(vectors[:1].tolist(), coarse=100, fine=100)
    assert sorted(map(UUID, found)) == left
    assert len(codes.view().ids) - codes.view().holes == len(left)


def test_the_memory_follows_the_number_of_faces():
    codes, faces, vectors = fill(3000, 9)
    full = codes.size_bytes
    assert full == 3000 * (16 + DIMENSION // 8)
    codes.replace([rows_of(faces[:2900], vectors[:2900], there=False)])
    assert codes.size_bytes < full / 10


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_copied_rows_are_read_however_they_are_cut(size):
    faces, vectors = [uuid4() for _ in range(200)], unit_vectors(200, 10)
    data, reader, read = copied(faces, vectors), CopiedRows(DIMENSION), list[Rows]()
    for first in range(0, len(data), size):
        read += reader.read(data[first : first + size])
    read += reader.read(b"", last=True)

    assert [face.tobytes() for rows in read for face in rows.ids] == [face.bytes for face in faces]
    assert all(rows.there.all() for rows in read)
    assert np.array_equal(np.concatenate([rows.codes for rows in read]), np.packbits(vectors > 0, axis=1))


def test_no_rows_are_read_from_an_empty_copy():
    assert list(CopiedRows(DIMENSION).read(copied([], []), last=True)) == []


@pytest.mark.parametrize("other", [56, 72, 63])
def test_a_code_of_another_size_is_refused(other):
    data = copied([uuid4(), uuid4()], unit_vectors(2, 11, other))
    with pytest.raises(ValueError, match="another size"):
        list(CopiedRows(DIMENSION).read(data, last=True))


def test_a_copy_that_is_cut_off_is_refused():
    data = copied([uuid4(), uuid4()], unit_vectors(2, 12))
    with pytest.raises(ValueError, match="cut off"):
        list(CopiedRows(DIMENSION).read(data[:-2], last=True))

"""Which archives are bundles, however absurd their manifests are."""

import io
import json
import zipfile

import pytest

from apiserver.bundles.zip_reading import ZipLimits, open_zip
from apiserver.imports.plan import find_manifest
from apiserver.problems import BundleInvalid, BundleUnsupported, Problem

LIMITS = ZipLimits(max_files=100, max_expansion=2_000, max_file_bytes=10_000_000)


def archive(manifest: bytes, *others: str) -> zipfile.ZipFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("manifest.json", manifest)
        for name in others:
            written.writestr(name, b"")
    return open_zip(buffer, len(buffer.getvalue()), LIMITS)


def of_bundle(**fields: object) -> bytes:
    return json.dumps({"format": "faceserver-bundle", "version": 1, **fields}).encode()


MODEL = {"id": "a", "dimension": 128, "faces": 1, "embeddings": "a.npy"}
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (of_bundle(x=1)[:-1] + b',"y":' + DEEP + b"}", BundleInvalid),
        (of_bundle(x=1)[:-1] + b',"y":' + DEEP[99_000:101_000] + b"}", BundleInvalid),
        (of_bundle().replace(b": 1", b": " + b"9" * 900_000), BundleInvalid),
        (of_bundle().replace(b": 1", b": " + b"9" * 60_000), BundleInvalid),
        (of_bundle(version=10**300), BundleInvalid),
        (of_bundle(version=-1), BundleInvalid),
        (of_bundle(version=2), BundleUnsupported),
        (of_bundle().replace(b": 1", b": NaN"), BundleInvalid),
        (of_bundle()[:-1] + b',"version": null}', BundleInvalid),
        (of_bundle(directory="a" * 1_000_000), BundleInvalid),
        (of_bundle(models=[MODEL] * 10_000), BundleInvalid),
        (of_bundle(models=[MODEL | {"dimension": 10**9}]), BundleInvalid),
        (of_bundle(models=[MODEL | {"thresholds": {"a\n" * 9_999: "b"}}]), BundleInvalid),
        (of_bundle()[:-1], BundleInvalid),
        (b"\xff", BundleInvalid),
        (b"", BundleInvalid),
    ],
)
def test_an_absurd_manifest_of_a_bundle_is_refused_by_name(manifest: bytes, problem: type[Problem]):
    with pytest.raises(problem) as raised:
        find_manifest(archive(manifest, "persons.jsonl", "faces.jsonl"))
    assert len(raised.value.sentence) < 300


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[]", b"1", b'{"format": "another"}', DEEP, bytes(2_000_000)])
def test_other_manifests_are_files_among_photographs(manifest: bytes):
    assert find_manifest(archive(manifest, "ann/1.jpg")) is None

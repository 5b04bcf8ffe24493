"""`python -m vectorizer.fetch`, which prepares a pack before vectorizers start."""

import os
import subprocess
import sys
from pathlib import Path

from vectorizer.networks.models import ModelSource

WITHOUT_INSIGHTFACE = """
import sys
sys.modules["insightface"] = None
from vectorizer.fetch import main
sys.exit(main())
"""

CUT_SHORT = """
import sys, types
from pathlib import Path

def ensure_available(kind, name, root):
    folder = Path(root, kind, name)
    folder.mkdir(parents=True)
    (folder / "det_500m.onnx").write_bytes(b"the beginning")
    raise OSError("the connection is gone")

sys.modules["insightface"] = sys.modules["insightface.utils"] = types.ModuleType("insightface")
storage = sys.modules["insightface.utils.storage"] = types.ModuleType("storage")
storage.ensure_available = ensure_available
from vectorizer.fetch import main
sys.exit(main())
"""


def fetch(cache: Path, *, models: str, command: tuple[str, ...] = ("-m", "vectorizer.fetch")):
    settings = {"VECTORIZER_MODELS": models, "VECTORIZER_MODEL_CACHE": str(cache), "VECTORIZER_RUNTIME": "onnxruntime"}
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **settings},  # noqa: TID251 - handed on, not read
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_prepares_the_files_that_a_vectorizer_opens(tmp_path: Path):
    fetched = fetch(tmp_path, models="opencv")
    assert fetched.returncode == 0, fetched.stderr
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.onnx")}
    source = ModelSource.find("opencv", tmp_path)
    assert set(made) == {source.detector_path, source.embedder_path}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.onnx")} == made


def test_an_unknown_pack_is_explained_in_a_sentence(tmp_path: Path):
    fetched = fetch(tmp_path, models="nothing")
    assert fetched.returncode == 1
    assert fetched.stderr.startswith("There is no model pack 'nothing'")


def test_a_missing_insightface_package_is_explained(tmp_path: Path):
    fetched = fetch(tmp_path, models="buffalo_sc", command=("-c", WITHOUT_INSIGHTFACE))
    assert fetched.returncode == 1
    assert "Run python -m vectorizer.fetch with the same cache" in fetched.stderr
    assert "Traceback" not in fetched.stderr


def test_an_interrupted_download_leaves_no_files(tmp_path: Path):
    fetched = fetch(tmp_path, models="buffalo_sc", command=("-c", CUT_SHORT))
    assert fetched.returncode == 1
    assert "cannot be downloaded" in fetched.stderr
    assert list(tmp_path.rglob("*.onnx")) == []
    assert not (tmp_path / "models" / "buffalo_sc").exists(), "the next start would take it for the pack"

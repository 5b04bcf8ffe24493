"""Recognizes the purpose of an ONNX file that the manifest does not list, by the shape of its network."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from vectorizer.packs.manifest import SHORT_DIGEST, AnyModel, DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.problems import ModelsUnavailable

UNKNOWN_LICENCE = "LicenseRef-unknown"


def classify(path: Path, sha256: str) -> AnyModel | None:
    """Return a manifest entry for an SCRFD detector with landmarks or an ArcFace-like embedder, None for other files.

    It is named after the file. An embedder gets the calibration and thresholds of the most cautious measured model, and
    `calibrated` is false.
    """
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except DecodeError as error:
        raise ModelsUnavailable(f"{path} is not an ONNX file: {error}.") from error
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        return None
    shape = [axis.dim_value for axis in inputs[0].type.tensor_type.shape.dim]
    if len(graph.output) == 9 and len(shape) == 4:
        return _scrfd(path, sha256)
    if len(graph.output) == 1 and shape[1:] == [3, 112, 112] and _dimension(graph):
        return _embedder(path, sha256, graph)
    return None


def _scrfd(path: Path, sha256: str) -> DetectorManifest:
    return DetectorManifest(
        name=path.stem,
        architecture="scrfd",
        files=(path.name,),
        sha256=(sha256,),
        licence=UNKNOWN_LICENCE,
        allowed_use="see its source",
        source=f"sha256:{sha256[:SHORT_DIGEST]}",
        score_threshold=0.5,
        upright_score=0.8,
        suspect_score=0.7,
        upright_roll=25.0,
        roll_gain=1.0,
    )


def _embedder(path: Path, sha256: str, graph: onnx.GraphProto) -> EmbedderManifest:
    """Networks exported from MXNet normalise their pixels themselves, with a Sub and a Mul at the beginning."""
    normalises = {"Sub", "Mul"} <= {node.op_type for node in graph.node[:8]}
    return (
        read_manifest()
        .most_cautious()
        .model_copy(
            update={
                "name": path.stem,
                "files": (path.name,),
                "sha256": (sha256,),
                "licence": UNKNOWN_LICENCE,
                "allowed_use": "see its source",
                "source": f"sha256:{sha256[:SHORT_DIGEST]}",
                "input_shape": None,
                "dimension": _dimension(graph),
                "mean": 0.0 if normalises else 127.5,
                "scale": 1.0 if normalises else 127.5,
                "calibrated": False,
                "recognizability": None,
            }
        )
    )


def _dimension(graph: onnx.GraphProto) -> int:
    """Length of the embedding; 0 if the file does not say."""
    axes = graph.output[0].type.tensor_type.shape.dim
    return axes[-1].dim_value if axes else 0

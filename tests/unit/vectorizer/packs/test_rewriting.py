"""Rewritten networks have the same outputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from vectorizer.packs.rewriting import join_heads, widen_groups

GENERATOR = np.random.default_rng(7)
HEADS = ((2, "scores"), (3, "boxes"))


def convolution(data: str, out: str, inputs: int, outputs: int, *, groups: int = 1, window: int = 3) -> Any:
    """Return a node and its two weights."""
    weights = {
        f"{out}_w": GENERATOR.normal(size=(outputs, inputs // groups, window, window)),
        f"{out}_b": GENERATOR.normal(size=outputs),
    }
    pads = [window // 2] * 4
    node = helper.make_node("Conv", [data, *weights], [out], group=groups, pads=pads, kernel_shape=[window, window])
    return node, [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]


def network(parts: Sequence[Any], outputs: Sequence[str], channels: int, opset: int = 11) -> onnx.ModelProto:
    nodes = [part[0] if isinstance(part, tuple) else part for part in parts]
    weights = [weight for part in parts if isinstance(part, tuple) for weight in part[1]]
    shown = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"{name}_{axis}" for axis in range(4)])
        for name in outputs
    ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, channels, "height", "width"])
    graph = helper.make_graph(nodes, "network", [data], shown, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def outputs_of(model: onnx.ModelProto, channels: int) -> list[np.ndarray]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    data = np.random.default_rng(1).normal(size=(1, channels, 7, 9)).astype(np.float32)
    return [np.asarray(output) for output in session.run(None, {"data": data})]


def convolutions(model: onnx.ModelProto) -> int:
    return sum(node.op_type == "Conv" for node in model.graph.node)


def same(one: onnx.ModelProto, other: onnx.ModelProto, channels: int) -> bool:
    pairs = zip(outputs_of(one, channels), outputs_of(other, channels), strict=True)
    return all(np.allclose(ours, theirs, atol=1e-5) for ours, theirs in pairs)


def heads(opset: int, *, depthwise: bool, transposed: bool) -> onnx.ModelProto:
    parts: list[Any] = []
    for width, name in HEADS:
        end = name
        if transposed:
            parts.append(helper.make_node("Transpose", [f"{name}_t"], [end], perm=[2, 3, 0, 1]))
            end = f"{name}_t"
        if depthwise:
            parts.append(convolution(f"{name}_d", end, width, width, groups=width))
            end = f"{name}_d"
        parts.append(convolution("data", end, 4, width))
    return network(parts[::-1], [name for _, name in HEADS], 4, opset)


@pytest.mark.parametrize("opset", [11, 21])
@pytest.mark.parametrize(("depthwise", "transposed"), [(False, False), (False, True), (True, False), (True, True)])
def test_joined_heads(opset: int, depthwise: bool, transposed: bool):
    published = heads(opset, depthwise=depthwise, transposed=transposed)
    joined = join_heads(published)
    assert convolutions(joined) * len(HEADS) == convolutions(published)
    assert same(joined, published, 4)


def test_heads_with_other_windows_or_other_followers_stay():
    parts = [
        convolution("data", "scores", 4, 2, window=1),
        convolution("data", "boxes_t", 4, 3),
        convolution("data", "points_t", 4, 3),
        helper.make_node("Transpose", ["boxes_t"], ["boxes"], perm=[2, 3, 0, 1]),
        helper.make_node("Sigmoid", ["points_t"], ["points"]),
    ]
    published = network(parts, ["scores", "boxes", "points"], 4)
    joined = join_heads(published)
    assert convolutions(joined) == 2
    assert same(joined, published, 4)


def test_a_head_that_is_used_twice():
    parts = [
        convolution("data", "scores", 4, 2),
        convolution("data", "boxes", 4, 2),
        convolution("scores", "near", 2, 2, groups=2),
        convolution("boxes", "far", 2, 2, groups=2),
    ]
    published = network(parts, ["scores", "near", "far"], 4)
    joined = join_heads(published)
    assert convolutions(joined) == 3
    assert same(joined, published, 4)


@pytest.mark.parametrize("group", [2, 4, 8])
def test_widened_groups(group: int):
    published = network([convolution("data", "out", 32, 32, groups=32 // group)], ["out"], 32)
    widened = widen_groups(published)
    assert helper.get_node_attr_value(widened.graph.node[0], "group") == 2
    assert same(widened, published, 32)


@pytest.mark.parametrize("groups", [1, 2, 32])
def test_other_groups_stay(groups: int):
    published = network([convolution("data", "out", 32, 32, groups=groups)], ["out"], 32)
    assert widen_groups(published).graph == published.graph

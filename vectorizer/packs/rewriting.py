"""Rewrites networks into equal ones that processors run faster.

Vector units of a processor compute 8 or 16 channels at once, even if a convolution has fewer. Detectors end in
several small convolutions of one input, and some embedders have groups of two channels: joined to wider ones, they cost
less, and every sum has the same terms.
"""

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

MAX_JOINED = 64
"""Channels that joined convolutions have together; wider ones fill vector units without being joined."""

GROUP = 16
"""Channels of a widened group."""

_SIZES_ARE_AN_INPUT = 13
"""Version of ONNX's operators from which Split gets its sizes as an input."""

Weights = dict[str, NDArray[Any]]


def join_heads(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with convolutions of one input joined to one, whose output is divided.

    Depthwise convolutions and transpositions that follow each of them are joined as well.
    """
    joined = onnx.ModelProto()
    joined.CopyFrom(model)
    graph = joined.graph
    weights = _weights(graph)
    opset = max(each.version for each in model.opset_import if each.domain in {"", "ai.onnx"})
    before = _taken(graph)
    for heads in _heads(graph, weights):
        _join(graph, heads, weights, opset)
    _drop(graph, before - _taken(graph))
    onnx.checker.check_model(joined)
    return joined


def widen_groups(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with groups of fewer than `GROUP` channels joined to such of `GROUP`; new weights are zero.

    Depthwise convolutions stay as they are: runtimes have a way of computing them.
    """
    widened = onnx.ModelProto()
    widened.CopyFrom(model)
    graph = widened.graph
    weights = _weights(graph)
    before = _taken(graph)
    for node in graph.node:
        narrow = weights[node.input[1]] if node.op_type == "Conv" else None
        if narrow is None or not 1 < narrow.shape[1] < GROUP or narrow.shape[0] != narrow.shape[1] * _groups(node):
            continue
        channels, group = narrow.shape[:2]
        if channels % GROUP or GROUP % group:
            continue
        wide = np.zeros((channels, GROUP, *narrow.shape[2:]), np.float32)
        for channel in range(channels):
            start = channel % GROUP // group * group
            wide[channel, start : start + group] = narrow[channel]
        node.input[1] = _add(graph, f"{node.input[1]}_widened", wide)
        _set(node, group=channels // GROUP)
    _drop(graph, before - _taken(graph))
    onnx.checker.check_model(widened)
    return widened


def _heads(graph: onnx.GraphProto, weights: Weights) -> list[list[onnx.NodeProto]]:
    """Return the lists of at least two convolutions, not depthwise ones, that have one input and the same window."""
    alike: dict[tuple[Any, ...], list[onnx.NodeProto]] = {}
    for node in graph.node:
        if node.op_type == "Conv" and _groups(node) == 1 and len(node.input) == 3:
            window = [(key, str(value)) for key, value in sorted(_attributes(node).items())]
            alike.setdefault((node.input[0], *window), []).append(node)
    return [
        nodes
        for nodes in alike.values()
        if len(nodes) > 1 and sum(len(weights[node.input[1]]) for node in nodes) <= MAX_JOINED
    ]


def _join(graph: onnx.GraphProto, heads: list[onnx.NodeProto], weights: Weights, opset: int) -> None:
    widths = [len(weights[node.input[1]]) for node in heads]
    made, replaced, ends, axis = [_joined(graph, heads, weights, heads[0].input[0], 1)], list(heads), heads, 1
    following = _following(graph, ends)
    if following and all(_is_depthwise(node, width) for node, width in zip(following, widths, strict=True)):
        made.append(_joined(graph, following, weights, made[-1].output[0], sum(widths)))
        ends, replaced = following, replaced + following
        following = _following(graph, ends)
    if following and following[0].op_type == "Transpose":
        order, name = _attributes(following[0])["perm"], f"{made[-1].output[0]}_transposed"
        made.append(helper.make_node("Transpose", [made[-1].output[0]], [name], name=name, perm=order))
        ends, replaced, axis = following, replaced + following, list(order).index(1)
    made += _split(made[-1].output[0], [node.output[0] for node in ends], axis, widths, opset)
    nodes = list(graph.node)
    start = nodes.index(heads[0])
    nodes[start:start] = made
    del graph.node[:]
    graph.node.extend(node for node in nodes if node not in replaced)


def _joined(
    graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto], weights: Weights, data: str, groups: int
) -> onnx.NodeProto:
    """Return the convolution of `data` that computes all of `nodes`."""
    name = f"{nodes[0].output[0]}_joined"
    values = [
        _add(graph, f"{name}_{position}", np.concatenate([weights[node.input[position]] for node in nodes]))
        for position in (1, 2)
    ]
    joined = helper.make_node("Conv", [data, *values], [name], name=name)
    joined.attribute.extend(nodes[0].attribute)
    _set(joined, group=groups)
    return joined


def _is_depthwise(node: onnx.NodeProto, channels: int) -> bool:
    return node.op_type == "Conv" and _groups(node) == channels and len(node.input) == 3


def _following(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Return what follows each of `nodes`, alike in all; nothing if one is an output or has several followers."""
    names = [node.output[0] for node in nodes]
    if {output.name for output in graph.output} & set(names):
        return []
    followers = [[node for node in graph.node if name in node.input] for name in names]
    first = [some[0] for some in followers if len(some) == 1 and some[0].input[0] in names]
    alike = {(node.op_type, str({**_attributes(node), "group": 0})) for node in first}
    return first if len(first) == len(nodes) and len(alike) == 1 else []


def _split(data: str, names: list[str], axis: int, widths: list[int], opset: int) -> list[onnx.NodeProto]:
    name = f"{data}_divided"
    if opset < _SIZES_ARE_AN_INPUT:
        return [helper.make_node("Split", [data], names, name=name, axis=axis, split=widths)]
    sizes = helper.make_node("Constant", [], [f"{name}_sizes"], name=f"{name}_sizes", value_ints=widths)
    return [sizes, helper.make_node("Split", [data, *sizes.output], names, name=name, axis=axis)]


def _weights(graph: onnx.GraphProto) -> Weights:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _groups(node: onnx.NodeProto) -> int:
    return int(_attributes(node).get("group", 1))


def _set(node: onnx.NodeProto, **attributes: int) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name not in attributes]
    del node.attribute[:]
    node.attribute.extend([*kept, *(helper.make_attribute(name, value) for name, value in attributes.items())])


def _taken(graph: onnx.GraphProto) -> set[str]:
    return {name for node in graph.node for name in node.input}


def _drop(graph: onnx.GraphProto, names: Container[str]) -> None:
    kept = [tensor for tensor in graph.initializer if tensor.name not in names]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _add(graph: onnx.GraphProto, name: str, values: NDArray[Any]) -> str:
    graph.initializer.append(numpy_helper.from_array(values, name))
    return name

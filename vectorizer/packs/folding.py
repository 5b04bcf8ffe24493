"""Turns the block-quantised ONNX files of OpenCV Zoo into plain fp32 models that ONNX Runtime accepts.

The published files keep their weights as int8 blocks behind ``DequantizeLinear`` and ``Reshape`` nodes, which OpenCV
evaluates while loading. ONNX Runtime refuses them: weights are also listed among the graph inputs, and one bias is
quantised per tensor but names a block size. Evaluating these nodes once gives the network that OpenCV computes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference


def fold(model: onnx.ModelProto, input_shape: Sequence[int | str]) -> onnx.ModelProto:
    """Return `model` with every constant ``DequantizeLinear`` and ``Reshape`` replaced by its value.

    `input_shape` becomes the shape of the one input; its names are free axes, ``("batch", 3, "height", "width")``.
    """
    graph = model.graph
    constants: dict[str, NDArray[Any]] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    nodes = [node for node in graph.node if not _evaluated(node, constants)]
    _keep_the_batch(nodes, constants)
    used = {name for node in nodes for name in node.input}
    (data,) = (value.name for value in graph.input if value.name in used - constants.keys())
    folded = onnx.helper.make_model(
        onnx.helper.make_graph(
            nodes,
            graph.name,
            [onnx.helper.make_tensor_value_info(data, onnx.TensorProto.FLOAT, input_shape)],
            [onnx.helper.make_tensor_value_info(out.name, onnx.TensorProto.FLOAT, None) for out in graph.output],
            [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
        ),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    folded = shape_inference.infer_shapes(folded, strict_mode=True)
    onnx.checker.check_model(folded, full_check=True)
    return folded


def _evaluated(node: onnx.NodeProto, constants: dict[str, NDArray[Any]]) -> bool:
    """Add the value of `node` to `constants` if it only rewrites weights; return whether it does."""
    if node.op_type not in {"DequantizeLinear", "Reshape"} or any(name not in constants for name in node.input):
        return False
    values = [constants[name] for name in node.input]
    if node.op_type == "Reshape":
        constants[node.output[0]] = values[0].reshape(values[1])
    else:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        quantized, scale, zero = values
        constants[node.output[0]] = dequantize(quantized, scale, zero, **attributes)
    return True


def dequantize(
    quantized: NDArray[np.int8],
    scale: NDArray[np.float32],
    zero: NDArray[np.int8],
    axis: int = 1,
    block_size: int = 0,
) -> NDArray[np.float32]:
    """``(quantized - zero) * scale`` with one scale and zero for each `block_size` values along `axis`.

    A scalar scale applies to the whole tensor, whatever the block size. Source: ONNX, DequantizeLinear-21.
    """
    if scale.ndim:
        length = quantized.shape[axis]
        scale = np.repeat(scale, block_size, axis).take(range(length), axis)
        zero = np.repeat(zero, block_size, axis).take(range(length), axis)
    return (quantized.astype(np.float32) - zero.astype(np.float32)) * scale


def _keep_the_batch(nodes: Iterable[onnx.NodeProto], constants: dict[str, NDArray[Any]]) -> None:
    """Change each ``Reshape`` to ``[1, -1, c]`` into one to ``[0, -1, c]``, which copies the batch axis."""
    for node in nodes:
        if node.op_type == "Reshape":
            shape = constants[node.input[1]].copy()
            shape[0] = 0
            constants[node.input[1]] = shape

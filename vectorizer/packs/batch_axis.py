"""Gives the published SCRFD files a batch axis.

They accept one image, and their outputs flatten as (height * width, batch, anchors, values): the batch is not the first
axis. With a free first axis on the input, and the batch moved to the front of each output, each image of a batch gets
exactly the result of a separate run.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

ANCHORS = 2
BATCH = "batch"


def free_batch_axis(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return an SCRFD `model` with input (batch, 3, height, width) and outputs (batch, positions, values)."""
    freed = onnx.ModelProto()
    freed.CopyFrom(model)
    graph = freed.graph
    data = graph.input[0]
    data.type.tensor_type.shape.dim[0].dim_param = BATCH
    graph.node.extend(_batch_size(data.name))
    graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "batch_axis_first"))
    by_image = []
    for output in graph.output:
        values = output.type.tensor_type.shape.dim[-1].dim_value
        graph.node.extend(_batch_first(graph, output.name, values))
        name = f"{output.name}_by_image"
        by_image.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, f"{name}_positions", values])
        )
    del graph.output[:]
    graph.output.extend(by_image)
    onnx.checker.check_model(freed)
    return freed


def _batch_size(data: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Shape", [data], ["batch_axis_shape"]),
        helper.make_node("Gather", ["batch_axis_shape", "batch_axis_first"], ["batch_axis_size"], axis=0),
    ]


def _batch_first(graph: onnx.GraphProto, name: str, values: int) -> list[onnx.NodeProto]:
    """Nodes that turn (positions * batch * anchors, values) into (batch, positions * anchors, values)."""
    constants = {"positions": [-1], "anchors": [ANCHORS, values], "flat": [0, -1, values]}
    for key, shape in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.array(shape, np.int64), f"{name}_{key}"))
    return [
        helper.make_node(
            "Concat", [f"{name}_positions", "batch_axis_size", f"{name}_anchors"], [f"{name}_shape"], axis=0
        ),
        helper.make_node("Reshape", [name, f"{name}_shape"], [f"{name}_unfolded"]),
        helper.make_node("Transpose", [f"{name}_unfolded"], [f"{name}_turned"], perm=[1, 0, 2, 3]),
        helper.make_node("Reshape", [f"{name}_turned", f"{name}_flat"], [f"{name}_by_image"]),
    ]

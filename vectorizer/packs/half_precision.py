"""Converts networks to 16-bit floats, which some devices run twice as fast."""

import onnx
from onnx import helper
from onnxruntime.transformers.float16 import convert_float_to_float16


def halve(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return `network` with weights and arithmetic in 16-bit floats; its input and outputs stay float32."""
    separated = onnx.ModelProto()
    separated.CopyFrom(network)
    _separate_inputs(separated.graph)
    halved: onnx.ModelProto = convert_float_to_float16(separated, keep_io_types=True)
    return halved


def _separate_inputs(graph: onnx.GraphProto) -> None:
    """Give every input of a Resize its own name.

    In SCRFD they share one empty tensor, and the converter, which leaves them in fp32, would give its casts one name.
    """
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        for position, name in enumerate(node.input):
            if node.op_type == "Resize" and position > 0 and name:
                own = f"{node.output[0]}_input_{position}"
                nodes.append(helper.make_node("Identity", [name], [own]))
                node.input[position] = own
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)

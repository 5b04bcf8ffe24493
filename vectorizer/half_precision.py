"""Networks in 16-bit floats, for devices that run those twice as fast."""

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
    """Give every input of a Resize a name of its own.

    SCRFD's share one empty tensor, and the converter, which leaves them in fp32, would name all casts of it alike.
    """
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        for place, name in enumerate(node.input):
            if node.op_type == "Resize" and place > 0 and name:
                own = f"{node.output[0]}_input_{place}"
                nodes.append(helper.make_node("Identity", [name], [own]))
                node.input[place] = own
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)

"""Half precision: weights and activations as 16-bit floats, inputs and outputs as they were.

What follows the last convolution stays in 32 bits: coordinates and scores are few, and 16 bits place them in steps of up to a
two-thousandth of the picture.
"""

from __future__ import annotations

from typing import Any

from models.factory.canonical import in_order
from models.factory.tools import float16


def network_in_half(model: Any) -> Any:
    """Convert an ``onnx.ModelProto`` up to its last convolutions; the rest stays as it is."""
    makers = {name: node for node in model.graph.node for name in node.output}
    network: set[str] = set()
    queue = [node for node in model.graph.node if node.op_type == "Conv"]
    while queue:
        node = queue.pop()
        if node.name not in network:
            network.add(node.name)
            queue.extend(makers[name] for name in node.input if name in makers)
    rest = [node.name for node in model.graph.node if node.name not in network]
    half = float16.convert_float_to_float16(model, keep_io_types=True, node_block_list=rest)
    return in_order(half)  # casts are put behind all nodes, which ONNX Runtime bears and the standard does not

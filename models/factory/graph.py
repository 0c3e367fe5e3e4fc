"""An ONNX graph written node by node from trained weights, so that building a bundle needs no training library.

Rules: the same weights make the same bytes; batch norm is folded into the convolution before it; names come from the weights'
names, so that a fault in a layer can be told by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
"""Of the ONNX release that brought opset 17; a newer file would refuse to load on older runtimes for nothing."""
NORM_EPSILON = 1e-5
"""PyTorch's default of batch norm."""

Weights: TypeAlias = Mapping[str, npt.NDArray[Any]]


def folded(weights: Weights, conv: str, norm: str = "") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Kernel (out, in / groups, height, width) and bias (out,) of a convolution with the batch norm behind it.

    Args:
        weights: by name.
        conv: prefix of ``.weight`` and, where there is one, ``.bias``.
        norm: prefix of the batch norm's ``.weight``, ``.bias``, ``.running_mean`` and ``.running_var``; empty: none.

    Raises:
        KeyError: when a weight is missing.
    """
    kernel = weights[f"{conv}.weight"].astype(np.float64)
    bias = weights.get(f"{conv}.bias", np.zeros(len(kernel))).astype(np.float64)
    if not norm:
        return kernel, bias
    mean, variance = (weights[f"{norm}.{part}"].astype(np.float64) for part in ("running_mean", "running_var"))
    scale = weights[f"{norm}.weight"].astype(np.float64) / np.sqrt(variance + NORM_EPSILON)
    return kernel * scale[:, None, None, None], (bias - mean) * scale + weights[f"{norm}.bias"].astype(np.float64)


class GraphBuilder:
    """Gathers nodes; values are passed about by name.

    Args:
        name: of the graph.
        weights: float32 arrays by the name that training gave them (``stem.0.weight``).
    """

    def __init__(self, name: str, weights: Weights) -> None:
        self._name, self._weights = name, weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._counts: dict[str, int] = {}

    def picture(self, name: str, height: int, width: int, channels: int = 3) -> str:
        """Declare the input: uint8 (1, height, width, channels); returns it as float32 (1, channels, height, width)."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.UINT8, [1, height, width, channels]))
        planes = self.node("Transpose", [name], perm=[0, 3, 1, 2])
        numbers: str = self.node("Cast", [planes], to=TensorProto.FLOAT)
        return numbers

    def values(self, name: str, shape: Sequence[int]) -> str:
        """Declare an input of float32."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def constant(self, name: str, value: npt.ArrayLike, dtype: Any = np.float32) -> str:
        """Add a constant.

        Raises:
            ValueError: when the name stands for another value already.
        """
        tensor = numpy_helper.from_array(np.ascontiguousarray(value, dtype), name)
        if self._constants.setdefault(name, tensor) != tensor:
            msg = f"graph {self._name}: two constants would be named {name!r}"
            raise ValueError(msg)
        return name

    def node(self, op: str, inputs: Sequence[str], name: str = "", outputs: int = 1, **attributes: Any) -> Any:
        """Add any node; returns its output's name, or their names when there are several."""
        if not name:
            count = self._counts[op] = self._counts.get(op, -1) + 1
            name = f"{op.lower()}_{count}"
        names = [name] if outputs == 1 else [f"{name}:{at}" for at in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, name=name, **attributes))
        return name if outputs == 1 else tuple(names)

    def conv(  # noqa: PLR0913 - a convolution has them
        self,
        value: str,
        conv: str,
        norm: str = "",
        *,
        stride: tuple[int, int] = (1, 1),
        pad: tuple[int, int] = (0, 0),
        groups: int = 1,
        relu: bool = True,
    ) -> str:
        """Convolution, batch norm and rectifier.

        Args:
            value: what goes in.
            conv: prefix of ``.weight`` (out, in / groups, height, width) and, where there is one, ``.bias``.
            norm: prefix of the batch norm's ``.weight``, ``.bias``, ``.running_mean`` and ``.running_var``; empty: none.
            stride: rows, columns.
            pad: rows above and below, columns left and right.
            groups: as many as channels make it depthwise.
            relu: whether a rectifier follows.

        Raises:
            KeyError: when a weight is missing.
        """
        kernel, bias = folded(self._weights, conv, norm)
        rows, columns = pad
        made: str = self.node(
            "Conv",
            [value, self.constant(f"{conv}.weight", kernel), self.constant(f"{conv}.bias", bias)],
            name=conv,
            kernel_shape=list(kernel.shape[2:]),
            strides=list(stride),
            pads=[rows, columns, rows, columns],
            group=groups,
        )
        if not relu:
            return made
        rectified: str = self.node("Relu", [made], name=f"{conv}.relu")
        return rectified

    def double(self, value: str) -> str:
        """Twice as high and wide, each value repeated."""
        made: str = self.node(
            "Resize",
            [value, "", self.constant("twice", [1, 1, 2, 2])],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return made

    def output(self, value: str, name: str, shape: Sequence[int]) -> None:
        """Declare a float32 output of this shape."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def save(self, path: Path) -> None:
        """Check the graph, shapes included, and write it.

        Raises:
            onnx.checker.ValidationError: what is wrong with it.
        """
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString(deterministic=True))

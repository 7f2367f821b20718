"""ONNX graphs: made from torch modules, run by ONNX Runtime, reduced to eight bits.

All three packages come with the extra `onnx`, and are imported where they are needed.

Shapes: B images, S x S pixels, D embedding width.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from clipling.contracts.errors import InputError
from clipling.deploy.exports.shipped import EMBEDDING, IMAGES, PROBABILITIES
from clipling.files import atomic

Run = Callable[[np.ndarray], list[np.ndarray]]
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
_EXPORTER = "2.9"
"""The oldest torch whose exporter was seen to write a student with the onnxscript of today; that of 2.6 does not."""
_QUANTISED = ["Conv", "Gemm", "MatMul", "Add", "MaxPool", "GlobalAveragePool", "ReduceMean"]
"""Where the work is. The normalisation before, and the unit rows after, stay in float32."""


def require_onnx() -> None:
    """Raise InputError, naming the extra, unless everything for ONNX is installed."""
    if absent := [name for name in _PACKAGES if find_spec(name) is None]:
        raise InputError(
            f"{' and '.join(absent)}: not installed; `pip install 'clipling[onnx]'` brings what ONNX needs"
        )


def require_exporter() -> None:
    """Raise InputError unless graphs can be written here, too."""
    require_onnx()
    if torch.__version__ < f"{_EXPORTER}.0a0":  # a TorchVersion: 2.10 comes after 2.9, as do builds on the way to it
        raise InputError(
            f"torch {torch.__version__}: writing ONNX needs torch {_EXPORTER} or newer; "
            "`pip install --upgrade 'clipling[onnx]'` brings it"
        )


def write_onnx(
    model: nn.Module, example: Shaped[Tensor, "B ..."], path: Path, *, inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """Write `model` as an ONNX graph whose first axis is open. example: an input of at least two rows."""
    with warnings.catch_warnings(), _only_errors_logged(), atomic(path) as partial:
        warnings.simplefilter("ignore")  # about torch's own insides
        program: Any = torch.onnx.export(
            model,
            (example,),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            verbose=False,
        )
        program.save(str(partial), external_data=False)  # one file, under one name


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def open_onnx(path: Path) -> Run:
    """A function from one batch to the graph's outputs, on the CPU with as many threads as torch."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        [given] = session.get_inputs()
    except Exception as error:  # ONNX Runtime's own errors share no other base
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path}: no graph of one input that ONNX Runtime can read ({reason}); export again"
        ) from error

    def run(batch: np.ndarray) -> list[np.ndarray]:
        return list(session.run(None, {given.name: batch}))

    return run


class _Calibration:
    """The images from which ranges are learned, a few at a time, as ONNX Runtime asks for them."""

    def __init__(self, batches: Sequence[np.ndarray]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else {IMAGES: batch}


def quantize(source: Path, path: Path, batches: Sequence[np.ndarray]) -> None:
    """Write the graph in `source` with weights and activations of eight bits, whose ranges come from `batches`."""
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as place, _only_errors_logged(), atomic(path) as partial:
        prepared = Path(place) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            partial,
            _Calibration(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_QUANTISED,
            nodes_to_exclude=_after_the_embedding(onnx.load(prepared).graph),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


def _after_the_embedding(graph: Any) -> list[str]:
    """Names of the nodes that turn unit rows into probabilities: there, eight bits would cost much and save nothing."""
    maker = {output: node for node in graph.node for output in node.output}
    names, open_ = [], [PROBABILITIES]
    while open_:
        node = maker.get(open_.pop())
        if node is not None and EMBEDDING not in node.output:
            names.append(node.name)
            open_.extend(node.input)
    return names

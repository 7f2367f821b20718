"""The evaluation's resize and centre crop as a graph of their own, put before the network: pictures of any size go in.

ONNX Runtime computes an antialiased Resize of bytes as Pillow does, to one level in a few pixels of ten thousand. As in
`clipling.data`: the shorter side is brought down to the storage size by cubic interpolation, never up; what is smaller
is then enlarged by linear interpolation; the central square is what the network sees.

Shapes: B pictures of one size H x W, S x S pixels.
"""

from pathlib import Path
from typing import Any

from clipling.deploy.config import BundleConfig
from clipling.deploy.exports.shipped import IMAGES
from clipling.files import atomic

_SQUARES, _NETWORK = "squares", "network/"
_GRAPH = """
<ir_version: {ir}, opset_import: ["" : {opset}]>
prepare (uint8[batch, height, width, 3] {images}) => (uint8[batch, {size}, {size}, 3] {squares})
<double wanted = {{{short}.0}}, double one = {{1.0}}, int64[1] short = {{{short}}}, double[1] two = {{2.0}},
 int64[2] side = {{{size}, {size}}}, int64[2] both = {{2, 3}}>
{{
  planes = Transpose <perm = [0, 3, 1, 2]> ({images})
  outer = Shape <end = 2> (planes)
  sides = Shape <start = 2> (planes)
  lengths = Cast <to = 11> (sides)
  shorter = ReduceMin <keepdims = 0> (lengths)
  scale = Div (wanted, shorter)
  shrink = Min (scale, one)
  exact = Mul (lengths, shrink)
  nearest = Round (exact)
  stored = Cast <to = 7> (nearest)
  shape = Concat <axis = 0> (outer, stored)
  reduced = Resize <mode = "cubic", cubic_coeff_a = -0.5, antialias = 1> (planes, , , shape)

  least = ReduceMin (stored)
  longer = Mul (stored, short)
  grown = Div (longer, least)
  full = Concat <axis = 0> (outer, grown)
  whole = Resize <mode = "linear", antialias = 1> (reduced, , , full)

  over = Sub (grown, side)
  spare = Cast <to = 11> (over)
  half = Div (spare, two)
  even = Round (half)
  first = Cast <to = 7> (even)
  last = Add (first, side)
  centre = Slice (whole, first, last, both)
  {squares} = Transpose <perm = [0, 2, 3, 1]> (centre)
}}
"""


def write_prepared(source: Path, path: Path, config: BundleConfig) -> None:
    """Write the graph in `source`, which takes (B, S, S, 3) bytes, as one that takes (B, H, W, 3) of any H and W."""
    import onnx

    network: Any = onnx.compose.add_prefix(onnx.load(source), _NETWORK, rename_outputs=False)
    [opset] = [one.version for one in network.opset_import if not one.domain]
    text = _GRAPH.format(
        ir=network.ir_version,
        opset=opset,
        images=IMAGES,
        squares=_SQUARES,
        size=config.image_size,
        short=config.shorter_side,
    )
    whole = onnx.compose.merge_models(onnx.parser.parse_model(text), network, [(_SQUARES, _NETWORK + IMAGES)])
    with atomic(path) as partial:
        onnx.save(whole, partial)

"""Build a student from the name of a timm architecture.

timm's classifier with `num_classes = width` is the projection into the teacher's space. Whether an architecture takes
the size wanted is found out by running it once on an empty image: timm says so nowhere in one place.

Shapes: D embedding width.
"""

import re
from functools import lru_cache, partial

import timm
import torch
from timm.data.config import resolve_model_data_config
from torch import Tensor, nn

from clipling.contracts.errors import InputError, refuse_outside, unknown
from clipling.contracts.limits import CHANNELS, IMAGE_SIZE
from clipling.student.mode import evaluation_mode
from clipling.student.net import StudentNet

_WIDEST = 1 << 16  # embeddings of teachers have hundreds or a few thousand numbers
_TORCHVISION = {
    "vit_b_16": "vit_base_patch16_224",
    "vit_b_32": "vit_base_patch32_224",
    "vit_l_16": "vit_large_patch16_224",
    "vit_l_32": "vit_large_patch32_224",
    "vit_h_14": "vit_huge_patch14_224",
    "swin_t": "swin_tiny_patch4_window7_224",
    "swin_s": "swin_small_patch4_window7_224",
    "swin_b": "swin_base_patch4_window7_224",
    "maxvit_t": "maxvit_tiny_tf_224",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "efficientnet_v2_s": "efficientnetv2_s",
}
"""torchvision's names of architectures that timm calls otherwise."""
_ATTENTION = re.compile("attn|attention|mhsa|gpsa|xca", re.IGNORECASE)
_MLP = re.compile("mlp|ffn|glu", re.IGNORECASE)
_REFUSALS = (AssertionError, ArithmeticError, IndexError, RuntimeError, TypeError, ValueError)


def create_student(
    architecture: str, *, width: int, image_size: int, channels: int = 3, pretrained: bool = False
) -> StudentNet:
    """A student of any timm architecture (with or without a pretrained tag, as in `resnet18.a1_in1k`).

    width: D, that of the teacher. image_size: S, the side of the square images it will see. channels: 3 for RGB.
    pretrained: start from timm's published weights, downloaded unless in the cache, instead of random ones.
    Raises InputError for an architecture timm does not know, a size it cannot take, and weights that cannot be had.
    """
    _check(architecture, width, image_size, channels)
    backbone = _backbone(architecture, width, image_size, channels, pretrained)
    _try_out(backbone, architecture, width, image_size, channels)
    data = resolve_model_data_config(backbone)  # type: ignore[no-untyped-call]
    return StudentNet(
        backbone,
        architecture=architecture,
        width=width,
        image_size=image_size,
        mean=_per_channel(data["mean"], channels),
        std=_per_channel(data["std"], channels),
    )


def shapes_of(architecture: str, *, width: int, image_size: int, channels: int = 3) -> dict[str, Tensor] | None:
    """The weights that such a student's backbone has, as tensors that take no memory.

    None where timm cannot build it without memory. Raises InputError as `create_student` does.
    """
    _check(architecture, width, image_size, channels)
    try:
        with torch.device("meta"):
            return _backbone(architecture, width, image_size, channels, False).state_dict()
    except InputError:  # of `create_student`, too, unless it was for want of memory
        return None


def _check(architecture: str, width: int, image_size: int, channels: int) -> None:
    refuse_outside(
        student_width=(width, 1, _WIDEST), image_size=(image_size, 1, IMAGE_SIZE), channels=(channels, 1, CHANNELS)
    )
    _require_known(architecture)


@lru_cache
def is_transformer(architecture: str) -> bool:
    """Whether it is made of self-attention and MLPs, in some of its stages at least, by its modules' names.

    Convolutional networks that weigh channels, or have attention in place of a convolution or of the pooling, are none.
    The network is built without memory for its weights. Raises InputError for an architecture timm does not know.
    """
    _require_known(architecture)
    with torch.device("meta"):
        network = timm.create_model(architecture, pretrained=False)
    names = {type(module).__name__ for module in network.modules()}
    return any(map(_ATTENTION.search, names)) and any(map(_MLP.search, names))


def _require_known(architecture: str) -> None:
    # A name such as local-dir:... or hf-hub:... would make timm read weights that nobody has checked.
    if not timm.is_model(architecture):
        raise unknown("student architecture", architecture, timm.list_models(), elsewhere=_TORCHVISION)


def _backbone(architecture: str, width: int, image_size: int, channels: int, pretrained: bool) -> nn.Module:
    """The timm model, told the image size if its constructor wants it, as transformers do."""
    create = partial(timm.create_model, architecture, pretrained=pretrained, num_classes=width, in_chans=channels)
    try:
        try:
            model: nn.Module = create(img_size=image_size)
        except TypeError as error:
            if "img_size" not in str(error):
                raise
            model = create()
    except OSError as error:
        raise _no_weights(architecture, error) from error
    except _REFUSALS as error:
        if "pretrained" in str(error).lower():
            raise _no_weights(architecture, error) from error
        raise _refused(architecture, image_size, error) from error
    return model


def _try_out(backbone: nn.Module, architecture: str, width: int, image_size: int, channels: int) -> None:
    """Raise InputError unless one empty image becomes a row of `width` numbers."""
    try:
        with evaluation_mode(backbone), torch.no_grad():
            row = backbone(torch.zeros(1, channels, image_size, image_size))
    except _REFUSALS as error:
        raise _refused(architecture, image_size, error) from error
    if not isinstance(row, Tensor) or row.shape != (1, width):
        raise InputError(
            f"student architecture '{architecture}' has no classifier that could serve as the projection to "
            f"{width} numbers; choose an image classifier, such as resnet18"
        )


def _refused(architecture: str, image_size: int, error: Exception) -> InputError:
    own = timm.get_pretrained_cfg(architecture.split(".")[0])
    own_size = own.input_size[-1] if own else 224
    multiple = max(32, round(image_size / 32) * 32)
    sizes = " or ".join(str(size) for size in sorted({multiple, own_size} - {image_size}))
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return InputError(
        f"student architecture '{architecture}' does not take images of {image_size} x {image_size} ({reason}); "
        f"set the image size to {sizes}, or choose a convolutional network such as resnet18"
    )


def _no_weights(architecture: str, error: Exception) -> InputError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return InputError(
        f"no pretrained weights for student architecture '{architecture}' ({reason}); check the connection and the "
        "tag after the dot, or start from random weights (pretrained off)"
    )


def _per_channel(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """The three numbers of timm; their mean for every channel where the image is not RGB."""
    if channels == len(values):
        return tuple(values)
    return (sum(values) / len(values),) * channels

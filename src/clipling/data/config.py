"""What can be set about augmentation; no torch here, so that the command line can describe it without loading any."""

from dataclasses import dataclass

from clipling.contracts.conform import require_types
from clipling.contracts.errors import InputError


@dataclass(frozen=True)
class Augmentation:
    """How a training image is changed each time it is seen; every image draws its own numbers."""

    crop_scale: tuple[float, float] = (0.08, 1.0)
    """Share of the image's area that a random crop keeps, least and most."""
    flip: bool = True
    """Mirror every second image, at random."""
    randaugment: tuple[int, int] | None = None
    """RandAugment: how many operations, at which magnitude (of 31)."""

    def __post_init__(self) -> None:
        require_types(self, "augmentation")
        least, most = self.crop_scale
        if not 0 < least <= most <= 1:
            raise InputError(
                f"augmentation.crop_scale is {self.crop_scale}; expected two shares with 0 < least <= most <= 1"
            )
        if self.randaugment is not None and not (1 <= self.randaugment[0] <= 100 and 0 <= self.randaugment[1] <= 30):
            raise InputError(
                f"augmentation.randaugment is {self.randaugment}; expected 1 to 100 operations and a magnitude "
                "from 0 to 30"
            )

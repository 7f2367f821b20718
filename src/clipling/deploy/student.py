"""The student that is shipped: give it images and names, it says which is which.

Shapes: B images, D embedding width.
"""

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.records import Prediction
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.deploy.folder import standing
from clipling.deploy.pixels import OneImage, as_list, pixels_of
from clipling.deploy.texts import ClassTexts
from clipling.evaluation import top_predictions

Images = OneImage | Sequence[OneImage]


class Student:
    """A trained student with the classes it chooses among: at first all of its bundle, seen and unseen."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 64,
        teacher: str | None = None,
    ) -> None:
        """As `load`, for a bundle that was read before."""
        if bundle.config.channels != 3:
            raise InputError(
                f"the student takes {bundle.config.channels} channels, this door takes RGB images only; "
                "call encode_image of the bundle's `net` with pixels of your own"
            )
        if batch_size < 1:
            raise InputError(f"batch size {batch_size}: expected at least 1")
        self.config = bundle.config
        self.device = torch.device(device)
        self.dtype = dtype
        self.batch_size = batch_size
        self.net = bundle.net.to(self.device).eval()
        self._texts = ClassTexts(bundle, teacher=teacher)
        self._classes = tuple(one.name for one in bundle.classes)
        self._text = bundle.text.to(self.device)

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 64,
        teacher: str | None = None,
    ) -> "Student":
        """The student in a bundle, or in the finished run that `path` names.

        device, dtype: where it works, and in which precision (other than float32 means autocast). batch_size: images
        encoded at once. teacher: where to load its teacher from should a new class need it and the place in the bundle
        no longer hold, as in `local-dir:PATH`.
        Raises InputError, naming the file, when the bundle is absent, damaged or of another schema.
        """
        inside = standing(Path(path) / "student")
        folder = inside if inside.is_dir() else Path(path)
        return cls(read_bundle(folder), device=device, dtype=dtype, batch_size=batch_size, teacher=teacher)

    @property
    def width(self) -> int:
        """D, the numbers in an embedding."""
        return self.config.width

    @property
    def classes(self) -> tuple[str, ...]:
        """The names that `predict` chooses among."""
        return self._classes

    def encode_image(self, images: Images) -> Float[Tensor, "B D"]:
        """Unit rows in float32, on the student's device, one per image.

        images: paths, PIL images, uint8 arrays (H, W, 3), uint8 tensors (3, H, W); one, a list of any mixture and any
        sizes, or a stack. Raises InputError for what is none of these or cannot be read.
        """
        every = as_list(images)
        rows = [torch.empty(0, self.width, device=self.device)]
        for start in range(0, len(every), self.batch_size):
            batch = torch.stack([pixels_of(image, self.config) for image in every[start : start + self.batch_size]])
            with torch.autocast(self.device.type, self.dtype, self.dtype != torch.float32):
                rows.append(self.net.encode_image(batch.to(self.device)))
        return torch.cat(rows)

    def set_classes(self, names: Sequence[str], template: str | None = None) -> None:
        """Choose among `names` from now on, in this order.

        template: the text of a class, with {} for its name, or the name of a set of templates; by default as in
        training, its template or its learned prompt. Names that the bundle has texts for in the same template keep
        those (with their descriptions); for others the teacher is loaded, once for each call that needs it.
        Raises InputError for no names, a name that is empty or comes twice, and a teacher that cannot be loaded; the
        classes then stay what they were.
        """
        if isinstance(names, str):
            raise InputError(f"class names '{names}': expected a list of names, as in ['{names}']")
        names = tuple(names)
        if not names:
            raise InputError("no class names: expected at least one")
        if blank := [number for number, name in enumerate(names) if not name.strip()]:
            raise InputError(f"class name number {blank[0]} is empty; give it a name or leave it out")
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise InputError(f"class name '{name}' comes {times} times; name each class once")
        self._text = self._texts.rows(names, template).to(self.device)
        self._classes = names

    def predict(self, images: Images, k: int = 5) -> list[list[Prediction]]:
        """For each image its k most probable classes, most probable first; images as in `encode_image`.

        A probability, in [0, 1], is the softmax of cosine / temperature over all classes set.
        """
        return top_predictions(
            self.encode_image(images), self._text, self._classes, temperature=self.config.temperature, k=k
        )

"""The student that is shipped: give it images and names, it says which is which.

Shapes: B images, D embedding width.
"""

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.names import is_visible, nfc
from clipling.contracts.records import Prediction
from clipling.deploy.bank import TextBank, read_bank
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.deploy.folder import standing
from clipling.deploy.hub import place_of
from clipling.deploy.pixels import OneImage, as_list, pixels_of
from clipling.deploy.texts import ClassTexts, Progress
from clipling.deploy.threshold import Threshold, nearest
from clipling.evaluation import top_predictions
from clipling.teacher.tower import Teacher
from clipling.tensors import usable_device

Images = OneImage | Sequence[OneImage]
Limit = float | Literal["calibrated"] | None
"""A cosine, or that of the bundle; None where every image is to get an answer."""


class Student:
    """A trained student with the classes it chooses among: at first all of its bundle, seen and unseen.

    One that was trained on images without classes has none before `set_classes`.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 64,
        teacher: str | Teacher | None = None,
        bank: TextBank | None = None,
        folder: Path | None = None,
    ) -> None:
        """As `load`, for a bundle, read from that folder, and a text bank, that were read before; the teacher may have
        been loaded before, too, and then stays.
        """
        if bundle.config.channels != 3:
            raise InputError(
                f"the student takes {bundle.config.channels} channels, this door takes RGB images only; "
                "call encode_image of the bundle's `net` with pixels of your own"
            )
        if batch_size < 1:
            raise InputError(f"batch size {batch_size}: expected at least 1")
        self.config = bundle.config
        self.device = usable_device(device)
        self.dtype = dtype
        self.batch_size = batch_size
        self.net = bundle.net.to(self.device).eval()
        self.threshold = Threshold.of_results(bundle.config.results)
        self._texts = ClassTexts(bundle, teacher=teacher, bank=bank, folder=folder)
        self._classes: tuple[str, ...] = ()
        self._text = torch.empty(0, bundle.config.width, device=self.device)
        self._as_trained = True
        if names := [one.name for one in bundle.classes] if bank is None else bank.names:
            self.set_classes(names)

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        batch_size: int = 64,
        teacher: str | None = None,
        bank: str | PathLike[str] | None = None,
    ) -> "Student":
        """The student in the bundle, or in the finished run, that `path` names: a folder, or hf-hub:ORG/NAME.

        device, dtype: where it works, and in which precision (other than float32 means autocast). batch_size: images
        encoded at once. teacher: where to load its teacher from should a new class need it and the place in the bundle
        no longer hold, as in `local-dir:PATH`. bank: a file of `clipling textbank`; it chooses among its names at
        first, and takes any of them later, without the teacher.
        Raises InputError, naming the file, when the bundle is absent, damaged or of another schema, or the bank is
        another teacher's.
        """
        place = place_of(path)
        inside = standing(place / "student")
        folder = inside if inside.is_dir() else place
        rows = None if bank is None else read_bank(Path(bank))
        return cls(
            read_bundle(folder),
            device=device,
            dtype=dtype,
            batch_size=batch_size,
            teacher=teacher,
            bank=rows,
            folder=folder,
        )

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
            batch = [pixels_of(image, self.config) for image in every[start : start + self.batch_size]]
            rows.append(self.encode_pixels(torch.stack(batch)))
        return torch.cat(rows)

    def encode_pixels(self, pixels: UInt8[Tensor, "B 3 S S"]) -> Float[Tensor, "B D"]:
        """Unit rows of images that `pixels_of` prepared, all at once."""
        with torch.autocast(self.device.type, self.dtype, self.dtype != torch.float32):
            return self.net.encode_image(pixels.to(self.device))

    def set_classes(self, names: Sequence[str], template: str | None = None) -> None:
        """Choose among `names` from now on, in this order.

        template: the text of a class, with {} for its name, or the name of a set of templates; by default that of the
        text bank, without one as in training, its template or its learned prompt. Names that the bank has texts for in
        the same template get those, else those of the bundle (with their descriptions); for others the teacher is
        loaded, once for each call that needs it.
        Raises InputError for no names, a name that is empty or comes twice (however its accents are encoded), and a
        teacher that cannot be loaded; the classes then stay what they were. Warns, where the teacher is loaded, of
        names with the same text to it.
        """
        if isinstance(names, str):
            raise InputError(f"class names '{names}': expected a list of names, as in ['{names}']")
        names = tuple(map(nfc, names))
        if not names:
            raise InputError("no class names: expected at least one")
        if blank := [number for number, name in enumerate(names) if not is_visible(name)]:
            raise InputError(f"class name number {blank[0]} is empty; give it a name or leave it out")
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise InputError(f"class name '{name}' comes {times} times; name each class once")
        self._text = self._texts.rows(names, template).to(self.device)
        self._classes = names
        self._as_trained = self._texts.is_trained(template)

    def text_bank(
        self, names: Sequence[str], template: str | None = None, progress: Progress | None = None
    ) -> TextBank:
        """The names as its teacher embeds them, for `write_bank`, so that `load(..., bank=FILE)` needs no teacher.

        template: as in `set_classes`. Raises InputError when the teacher is absent or another one.
        """
        return self._texts.bank(names, template, progress)

    def predict(self, images: Images, k: int = 5, *, threshold: Limit = None) -> list[list[Prediction]]:
        """For each image its k most probable classes, most probable first; images as in `encode_image`.

        A probability, in [0, 1], is the softmax of cosine / temperature over all classes set.
        threshold: an image whose nearest class has a smaller cosine shows none of these, and gets an empty list; see
        `limit` for "calibrated".
        """
        limit = self.limit(threshold)
        features = self.encode_image(images)
        answers = self.ranked(features, k)
        if limit is None:
            return answers
        return [
            answer if cosine >= limit else []
            for answer, cosine in zip(answers, self.nearness(features).tolist(), strict=True)
        ]

    def ranked(self, features: Float[Tensor, "B D"], k: int = 5) -> list[list[Prediction]]:
        """`predict`, from what `encode_image` gave."""
        self.require_classes()
        return top_predictions(features, self._text, self._classes, temperature=self.config.temperature, k=k)

    def nearness(self, features: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """The cosine of each row of `encode_image` with its nearest class, in [-1, 1]: what thresholds are about."""
        self.require_classes()
        return nearest(features, self._text)

    def require_classes(self) -> None:
        """Raise InputError where there is nothing to choose among."""
        if not self._classes:
            raise InputError(
                "the student was trained on images without classes and knows no names; say what to choose among: "
                "--labels or --bank on the command line, set_classes in Python"
            )

    def limit(self, threshold: Limit) -> float | None:
        """The cosine that a threshold stands for; "calibrated" is that of the bundle, whose figures `threshold` has.

        Raises InputError when the bundle has none, or the classes are asked for in other words than it was chosen with.
        """
        if threshold != "calibrated":
            return threshold
        if self.threshold is None:
            raise InputError(
                "the bundle has no calibrated threshold; give a cosine, or distil with more images held out"
            )
        if not self._as_trained:
            raise InputError(
                "the calibrated threshold was chosen with the class texts of the training, and the classes are set in "
                "another template, where cosines differ; give a cosine, or leave the template out"
            )
        return self.threshold.cosine

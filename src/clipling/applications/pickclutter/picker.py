"""What a robot's control loop holds: names once, then one observation after the other.

    picker = Picker.load("run/student", ["banana", "rubiks cube"])
    scores = picker.look(observation)     # {"banana": 0.93, "rubiks cube": 0.08}
    heat = picker.where("banana")         # where in that observation, rows x columns, sums to 1

Shapes: C names, L places, S x S pixels, D embedding width.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.applications.pickclutter.bundle import PickBundle, read_bundle
from clipling.applications.pickclutter.episodes import Observation
from clipling.applications.pickclutter.observations import as_tensor
from clipling.applications.pickclutter.scene_files import are_metres
from clipling.applications.pickclutter.scores import attention, scores
from clipling.applications.pickclutter.settings import THRESHOLD
from clipling.applications.pickclutter.words import FixedWords, LearnedWords
from clipling.contracts.errors import InputError
from clipling.teacher.tower import Teacher, load_teacher
from clipling.tensors import usable_device


class Picker:
    """A student that was asked for some names; their texts are computed once, when it is made."""

    def __init__(
        self,
        bundle: PickBundle,
        names: Sequence[str] | None = None,
        *,
        device: torch.device | str = "cpu",
        teacher: str | None = None,
    ) -> None:
        """As `load`, for a bundle that was read before."""
        self.names = _checked(bundle, names)
        self.architecture = bundle.config.architecture
        self.image_size = bundle.config.image_size
        self._device = usable_device(device)
        self._pairs = _pairs(bundle, self.names, teacher).to(self._device)
        self._net = bundle.net.to(self._device).to(memory_format=torch.channels_last).eval()
        self._heat: Float[Tensor, "C L"] | None = None

    @classmethod
    def load(
        cls,
        bundle: Path | str,
        names: Sequence[str] | None = None,
        *,
        device: torch.device | str = "cpu",
        teacher: str | None = None,
    ) -> "Picker":
        """The student in a bundle or run, asked for `names`: by default all objects of the bundle.

        A name may go on with what the object looks like, as in "mug . a blue cup with a handle". The texts of names
        that the bundle does not hold are made by its teacher, which is let go again. teacher: where that is, if no
        longer where the training had it, as in `local-dir:PATH`.
        Raises InputError for a bundle that is damaged, a name that is empty or comes twice, and an absent teacher.
        """
        return cls(read_bundle(Path(bundle)), names, device=device, teacher=teacher)

    @torch.inference_mode()
    def look(self, observation: Observation) -> dict[str, float]:
        """The score of each name in [0, 1]: present when it is above 0.5. `observation.objects` is not looked at.

        Raises InputError for pictures of another kind than an episode's.
        """
        check_pictures(observation)
        image = as_tensor(observation, self.image_size)[None].to(self._device, memory_format=torch.channels_last)
        view = self._net(image)
        self._heat = attention(view.places, self._pairs[: len(self.names)])[0].cpu()
        return dict(zip(self.names, scores(view.places, view.offset, self._pairs)[0].tolist(), strict=True))

    def present(self, observation: Observation) -> tuple[str, ...]:
        """The names that are there."""
        return tuple(name for name, score in self.look(observation).items() if score > THRESHOLD)

    def where(self, name: str) -> Float[Tensor, "rows columns"]:
        """Where the last observation shows what fits that name best, over the whole picture; the map sums to 1.

        Raises InputError for a name that was not asked for, and before the first observation.
        """
        if name not in self.names:
            raise InputError(f"'{name}' was not asked for; asked for were: {', '.join(self.names)}")
        if self._heat is None:
            raise InputError(f"where('{name}'): nothing was looked at yet; call look(observation) first")
        return self._heat[self.names.index(name)].view(self._net.local.grid)


def check_pictures(seen: Observation) -> None:
    """Raise InputError unless the pictures are those of a scene: bytes (H, W, 3) and metres (H, W, 1), all finite."""
    for camera in ("base", "hand"):
        rgb, depth = getattr(seen, f"{camera}_rgb"), getattr(seen, f"{camera}_depth")
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != "uint8":
            raise InputError(f"{camera} camera: RGB is {rgb.dtype} of {rgb.shape}; expected uint8 of (H, W, 3)")
        if depth.shape != (*rgb.shape[:2], 1):
            raise InputError(
                f"{camera} camera: depth has shape {depth.shape}; expected {(*rgb.shape[:2], 1)}, as its RGB"
            )
        if not are_metres(depth):
            raise InputError(f"{camera} camera: depth is negative, infinite or no number; expected metres")


def _checked(bundle: PickBundle, names: Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return tuple(one.name for one in bundle.objects)
    if isinstance(names, str):
        raise InputError(f"names '{names}': expected a list of names, as in ['{names}']")
    asked = tuple(" ".join(name.split()) for name in names)
    if not asked or "" in asked:
        raise InputError("a name is empty, or there is none; ask for at least one, such as banana")
    name, times = Counter(one.casefold() for one in asked).most_common(1)[0]
    if times > 1:
        raise InputError(f"'{name}' is asked for {times} times; name each object once")
    return asked


def _pairs(bundle: PickBundle, names: Sequence[str], teacher: str | None) -> Float[Tensor, "T D"]:
    """The texts of the names: the bundle's own, and those that its teacher makes for others."""
    positive, negative = bundle.pairs.chunk(2)
    known = {one.name.casefold(): row for row, one in enumerate(bundle.objects)}
    rows = {
        name: (positive[known[name.casefold()]], negative[known[name.casefold()]])
        for name in names
        if name.casefold() in known
    }
    if new := [name for name in names if name not in rows]:
        if bundle.config.words == "closed":
            raise InputError(
                f"'{new[0]}': the student was taught a closed set of objects and knows no other; it knows: "
                + ", ".join(one.name for one in bundle.objects)
            )
        made = _made(bundle, new, teacher)
        rows |= dict(zip(new, zip(*made.chunk(2), strict=True), strict=True))
    return torch.stack([rows[name][half] for half in (0, 1) for name in names])


@torch.no_grad()
def _made(bundle: PickBundle, new: Sequence[str], spec: str | None) -> Float[Tensor, "T D"]:
    encoder = _teacher_of(bundle, new, spec)
    context = bundle.context
    if bundle.config.words == "fixed" or context is None:
        return FixedWords(encoder).pairs(new)(torch.empty(0, 0)).cpu()
    return LearnedWords(encoder, len(context) // 2).pairs(new)(context).cpu()


def _teacher_of(bundle: PickBundle, new: Sequence[str], spec: str | None) -> Teacher:
    about = bundle.config.teacher
    place = spec or about["spec"]
    wanted = f"the texts of {', '.join(new)} need the teacher '{about['id']}'"
    try:
        teacher = load_teacher(place)
    except (InputError, OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{wanted}, which cannot be loaded from '{place}': {error}; say where it is (--teacher local-dir:PATH), or "
            f"ask for objects of the bundle: {', '.join(one.name for one in bundle.objects)}"
        ) from error
    if teacher.weights_hash != about["weights_hash"]:
        raise InputError(f"{wanted}, but '{place}' has other weights; give the training's teacher")
    return teacher

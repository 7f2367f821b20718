"""The teacher's part: its features of what the hand camera saw, on disk, and the way from objects to pairs of texts.

Shapes: N scenes, D embedding width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.observations import stamp
from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.words import ClosedWords, FixedWords, LearnedWords, Words, in_sentence
from clipling.contracts.errors import InputError
from clipling.files import hash_strings
from clipling.teacher.store import FeatureStore, store_features
from clipling.teacher.tower import Teacher
from clipling.workflows.console import counting, say
from clipling.workflows.distillation.images import workspace
from clipling.workflows.distillation.teaching import same_weights
from clipling.workflows.towers import open_teacher

_AT_ONCE = 32


@dataclass(frozen=True)
class TeacherSide:
    """All that training and measuring need of the teacher."""

    about: dict[str, Any]
    """Its id, the hash of its weights, and where it was loaded from."""
    width: int
    words: Words
    hand: Float[Tensor, "N D"] | None
    """Its features of the training scenes, where the method asks for them."""


def prepare_teacher(
    settings: Settings,
    files: Mapping[Path, Sequence[str]],
    texts: Mapping[str, str],
    *,
    device: torch.device,
    weights_hash: str | None = None,
) -> TeacherSide:
    """Load the teacher, have it look at the training scenes if the method wants that, and open its text tower.

    files: the names of the training scenes in each file, in the order of their rows. texts: of every object that will
    be asked for, so that one which is too long is told before the long work. Raises InputError, before it too, for a
    teacher of other weights than those of `weights_hash`.
    """
    teacher = open_teacher(settings.teacher, device=str(device))
    if weights_hash:
        same_weights(settings.teacher, teacher, weights_hash)
    method = settings.method
    encoded = [*texts.values()] if settings.prompt else [*map(in_sentence, texts.values())]
    cut = [one for one, long in zip(texts, teacher.truncated(encoded, vectors=settings.prompt), strict=True) if long]
    if cut and not method.closed:
        say(f"the texts of {len(cut)} objects are cut at {teacher.context_length} tokens: {', '.join(cut)}")
    hand = None
    if method.im_cst:
        folder = workspace(settings.out) / "features"
        hand = torch.cat([hand_features(teacher, Episodes(file), folder).rows(names) for file, names in files.items()])
    words: Words
    if method.closed:
        words = ClosedWords(tuple(texts.values()), teacher.width)
    elif settings.prompt:
        teacher.forget_images()
        words = LearnedWords(teacher, settings.prompt)
    else:
        words = FixedWords(teacher)
    about = {"id": teacher.id, "weights_hash": teacher.weights_hash, "spec": settings.teacher}
    return TeacherSide(about, teacher.width, words, hand)


def hand_features(teacher: Teacher, episodes: Episodes, folder: Path) -> FeatureStore:
    """The teacher's features of what the hand camera saw, by episode; made unless they lie in `folder` already."""
    seen_by = hash_strings([teacher.id, teacher.weights_hash])[:8]
    place = folder / f"{episodes.path.stem}-hand-{stamp(episodes.path)}-{seen_by}"
    if (place / "manifest.json").exists():
        store = FeatureStore.open(place, expected=teacher.key)
        if store.files == episodes.names:
            return store
    rows = []
    with counting("teacher features") as progress:
        for start in range(0, len(episodes), _AT_ONCE):
            pictures = [episodes[row].hand_rgb for row in range(start, min(start + _AT_ONCE, len(episodes)))]
            pixels = torch.stack([teacher.prepare(Image.fromarray(picture)) for picture in pictures])
            rows.append(teacher.encode_image(pixels).cpu())
            progress(start + len(pictures), len(episodes))
    found = torch.cat(rows)
    if not found.isfinite().all():
        raise InputError(f"{episodes.path}: the teacher's features are not finite; its weights may be broken")
    return store_features(place, teacher.key, episodes.names, found)

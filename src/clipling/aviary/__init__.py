"""The aviary: a data set of imaginary birds, drawn on demand, and a small teacher of them. No network, no torch.

`species` holds the vocabulary and the 200 species, `bird` and `scene` draw them, `dataset` writes the files,
`captions` says what may be said of a bird, and `teacher/` is an open_clip model in a folder.
"""

from pathlib import Path

from clipling.aviary.dataset import write_aviary
from clipling.aviary.scene import draw_bird
from clipling.aviary.species import SPECIES, Species, random_species

TEACHER: Path = Path(__file__).parent / "teacher"
"""The folder of the packaged teacher: `open_clip_config.json` and `open_clip_model.safetensors`."""


def teacher_spec() -> str:
    """The packaged teacher as open_clip and `clipling --teacher` name it."""
    return f"local-dir:{TEACHER}"


__all__ = ["SPECIES", "TEACHER", "Species", "draw_bird", "random_species", "teacher_spec", "write_aviary"]

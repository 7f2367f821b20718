import io
import subprocess
import sys

import open_clip
import pytest
import torch
from PIL import Image
from torch import Tensor

from clipling.aviary import SPECIES, TEACHER, teacher_spec
from clipling.aviary.dataset import bird_image

PICTURES = 8
HALVES = {"seen": torch.tensor([bird.seen for bird in SPECIES]), "unseen": torch.tensor([not b.seen for b in SPECIES])}


@pytest.fixture(scope="module")
def logits() -> dict[str, Tensor]:
    """Cosines (species, pictures of each, species) of the held-out pictures and two forms of text."""
    model, _, preprocess = open_clip.create_model_and_transforms(teacher_spec())
    tokenizer = open_clip.get_tokenizer(teacher_spec())
    files = (bird_image(bird, index) for bird in SPECIES for index in range(PICTURES))
    forms = {"name": "a photo of {name}", "description": "a photo of {name} . {text}"}
    with torch.inference_mode():
        pixels = torch.stack([preprocess(Image.open(io.BytesIO(file))) for file in files])
        image = model.eval().encode_image(pixels, normalize=True)
        texts = {k: [form.format(name=b.name, text=b.description) for b in SPECIES] for k, form in forms.items()}
        encoded = {k: model.encode_text(tokenizer(text), normalize=True) for k, text in texts.items()}
    return {k: (image @ text.T).view(len(SPECIES), PICTURES, -1) for k, text in encoded.items()}


def accuracy(cosines: Tensor) -> float:
    return (cosines.argmax(dim=2) == torch.arange(len(cosines))[:, None]).float().mean().item()


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("form", ["name", "description"])
def test_the_teacher_tells_the_species_of_either_half_apart(logits: dict[str, Tensor], form: str, half: str):
    chosen = HALVES[half]
    assert accuracy(logits[form][chosen][:, :, chosen]) >= 0.85


def test_a_description_tells_more_than_a_name(logits: dict[str, Tensor]):
    assert accuracy(logits["description"]) > accuracy(logits["name"])


def test_the_teacher_is_small():
    assert sum(path.stat().st_size for path in TEACHER.iterdir()) < 10_000_000
    assert {path.name for path in TEACHER.iterdir()} == {
        "README.md",
        "open_clip_config.json",
        "open_clip_model.safetensors",
    }


def test_the_room_loads_without_torch():
    script = "import sys, clipling.aviary; sys.exit(bool({'torch', 'timm', 'open_clip'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

"""The script that trains the packaged teacher: its arithmetic, and a short training that leaves a loadable folder."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import open_clip
import pytest
import torch

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """So small a training gains nothing from more threads, and loses much when other work holds a core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    try:
        import train_aviary_teacher

        yield train_aviary_teacher
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.fixture(scope="module")
def birds(script: ModuleType):
    return script.Birds(*sys.modules["random_birds"].some_birds(0, 96, 0))


def test_tokens_are_those_of_the_tokenizer(script: ModuleType):
    texts = ["a photo of crested rufous-winged longtail . a bird, with no crest", "Snowy underparts"]
    expected = open_clip.SimpleTokenizer(context_length=77)(texts).numpy()
    np.testing.assert_array_equal([sys.modules["random_birds"].tokenized(text) for text in texts], expected)


def test_short_texts_encode_as_padded_ones_do(script: ModuleType, birds):
    model = open_clip.CLIP(**script.MODEL).eval()
    tokens = torch.from_numpy(birds.tokens[:6, 0].astype(np.int64))
    torch.testing.assert_close(script.encode_text(model, tokens), model.encode_text(tokens), atol=1e-5, rtol=1e-4)


def test_contrast_leaves_out_birds_of_which_a_caption_is_true(script: ModuleType):
    """Both captions tell trait 0 only, of which both birds have the same value: nothing is left to tell apart."""
    embedding = torch.eye(2)
    traits = torch.tensor([[1, 0], [1, 1]])
    first, all_told = torch.tensor([[True, False]] * 2), torch.ones(2, 2, dtype=torch.bool)
    assert script.contrast(embedding, embedding.flip(0), torch.tensor(5.0), traits, first).item() == 0
    assert script.contrast(embedding, embedding.flip(0), torch.tensor(5.0), traits, all_told).item() > 4.9


def test_looked_at_pictures_keep_their_range(script: ModuleType, birds):
    torch.manual_seed(0)
    seen = script.looked_at(torch.from_numpy(birds.images).permute(0, 3, 1, 2))
    assert seen.shape == (96, 3, 64, 64)
    assert seen.min() >= -2.001
    assert seen.max() <= 2.001


def test_a_short_training_learns_and_leaves_a_folder_that_open_clip_reads(script: ModuleType, birds, tmp_path: Path):
    model = script.train(birds, epochs=1, batch=32, rate=1e-3, seed=0)
    script.write_teacher(model, birds, tmp_path)
    loaded, _, _ = open_clip.create_model_and_transforms(f"local-dir:{tmp_path}")
    tokens = open_clip.get_tokenizer(f"local-dir:{tmp_path}")(["a photo of a black-winged longtail"])
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.eval().encode_text(tokens, normalize=True),
            model.encode_text(tokens, normalize=True),
            atol=5e-3,
            rtol=0,
        )
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 10_000_000
    unused = loaded.token_embedding.weight[sys.modules["random_birds"].tokenized("zebra")[1]]
    assert not unused.any()

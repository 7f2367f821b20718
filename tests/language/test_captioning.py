"""Models that caption: tiny ones with random weights, of the two kinds there are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.language.captioning import INSTRUCTION, Captioner, Seen, caption_images
from clipling.language.journal import Journal
from image_to_text import PIXELS, write_blip, write_chatting

PICTURES = [
    Image.new("RGB", size, colour) for size, colour in (((20, 9), "red"), ((9, 30), "blue"), ((16, 16), "white"))
]
BIAS = "text_decoder.cls.predictions.bias"


@pytest.fixture(scope="module", params=[write_blip, write_chatting])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    write: Callable[[Path], Path] = request.param
    return write(tmp_path_factory.mktemp("model"))


def muted(folder: Path, token: int) -> str:
    """The path of a model that only ever says one token: 3 ends a caption, 0 is padding."""
    write_blip(folder)
    weights = load_file(folder / "model.safetensors")
    weights[BIAS] = torch.zeros(len(weights[BIAS])).index_fill(0, torch.tensor([token]), 1e4)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return str(folder)


def test_captions_are_the_same_alone_and_in_a_batch(place: Path):
    captioner = Captioner(str(place))
    together = captioner.say(PICTURES)
    assert together == [captioner.say([picture])[0] for picture in PICTURES]
    assert all(caption and caption == " ".join(caption.split()) for caption in together)


def test_a_chat_is_asked_and_another_model_begins_as_told(tmp_path: Path):
    chatting = Captioner(str(write_chatting(tmp_path / "chatting")))
    assert chatting.prompt == INSTRUCTION
    assert not any(caption.startswith("user") for caption in chatting.say(PICTURES))
    assert len(set(chatting.say(PICTURES))) > 1  # it looks at the images
    blip = write_blip(tmp_path / "blip")
    assert Captioner(str(blip)).prompt == ""
    assert all(
        caption.startswith("word1 word2 ") for caption in Captioner(str(blip), prompt="word1 word2").say(PICTURES)
    )


def test_pictures_are_not_cut_in_tiles(tmp_path: Path):
    captioner = Captioner(str(write_chatting(tmp_path)))
    large = Image.new("RGB", (9 * PIXELS, 9 * PIXELS))
    assert captioner._read([large])["pixel_values"].shape[1] == 1


def test_a_model_that_says_nothing_is_asked_again(tmp_path: Path):
    assert all(Captioner(muted(tmp_path, token=3)).say(PICTURES))


def test_images_without_a_caption_are_told_and_the_rest_is_kept(tmp_path: Path):
    silent = Captioner(muted(tmp_path / "model", token=0))
    assert silent.say(PICTURES) == ["", "", ""]
    silent.say = lambda images: ["said", "", "said"][: len(images)]  # type: ignore[method-assign]
    shown = [Seen(f"{number}.png", picture) for number, picture in enumerate(PICTURES * 2)]
    with Journal(tmp_path / "journal") as journal:
        none = caption_images(silent, shown, journal, batch=3, progress=lambda done: None)
        assert none == ["1.png", "4.png"]
        assert journal.subjects == ["0.png", "2.png", "3.png", "5.png"]


def test_images_are_opened_batch_by_batch(place: Path, tmp_path: Path):
    opened: list[str] = []

    def pictures() -> Iterator[Seen]:
        for number in range(5):
            opened.append(f"{number}.png")
            yield Seen(opened[-1], PICTURES[number % 3])

    seen: list[tuple[int, int]] = []
    with Journal(tmp_path / "journal") as journal:
        caption_images(
            Captioner(str(place)), pictures(), journal, batch=2, progress=lambda done: seen.append((done, len(opened)))
        )
        assert journal.subjects == opened
    assert seen == [(2, 2), (4, 4), (5, 5)]


def test_a_package_that_this_very_model_needs_is_named(tmp_path: Path):
    config = write_chatting(tmp_path) / "config.json"
    write_json(config, {**read_json(config), "quantization_config": {"quant_method": "aqlm"}})
    with pytest.raises(InputError, match=r"needs one more package: .*pip install"):
        Captioner(str(tmp_path))


def test_what_is_no_such_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match=r"no image-to-text model can be loaded.*config\.json"):
            Captioner(str(folder))
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(InputError, match=r"pip install 'clipling\[caption\]'"):
        Captioner(str(tmp_path))

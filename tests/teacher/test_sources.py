import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip import factory, pretrained
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import QuickGELU
from PIL import Image
from safetensors.torch import load, save_file

from architectures import register
from clipling.contracts.errors import InputError
from clipling.teacher import load_teacher
from clipling.teacher.pixels import Preprocessing

WEIGHTS, CONFIG = "open_clip_model.safetensors", "open_clip_config.json"


@pytest.fixture
def folder(native, tmp_path) -> Path:
    return Path(shutil.copytree(native, tmp_path / "teacher"))


def refused(folder: Path, match: str) -> None:
    with pytest.raises(InputError, match=match):
        load_teacher(f"local-dir:{folder}")


def edit(folder: Path, change) -> None:
    config = json.loads((folder / CONFIG).read_text())
    change(config)
    (folder / CONFIG).write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("ViT-L-41/openai", "did you mean 'ViT-L-14'"),
        ("ViT-L-14/opnai", "weights of ViT-L-14 'opnai': did you mean 'openai'"),
        ("ViT-L-14/", "names no weights; write ViT-L-14/TAG with one of: openai"),
        ("RN51", "unknown teacher architecture 'RN51': did you mean 'RN50'"),
        ("vit_b_32", "did you mean 'ViT-B-32'"),
        ("", "unknown teacher architecture ''"),
        ("hf-hub:nobody", "hf-hub:ORG/NAME"),
        ("local-dir:", "the path is missing"),
        ("localdir:x", "did you mean 'local-dir:'"),
    ],
)
def test_a_name_that_is_none_is_refused_before_anything_is_fetched(spec, says):
    with pytest.raises(InputError) as caught:
        load_teacher(spec)
    assert says in str(caught.value)


def test_a_bare_folder_is_told_how_to_be_written(folder):
    with pytest.raises(InputError, match="a folder is written local-dir:"):
        load_teacher(str(folder))


def test_what_cannot_be_fetched_says_so(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="'hf-hub:nobody/nothing' could not be fetched"):
        load_teacher("hf-hub:nobody/nothing")


@pytest.mark.parametrize("quick", [True, False])
def test_a_tag_brings_its_own_activation_and_preprocessing(quick, folder, tmp_path, monkeypatch):
    """OpenAI's weights need QuickGELU even under an architecture that does not name it."""
    architecture = tmp_path / f"tiny-{quick}.json"
    architecture.write_text(json.dumps(json.loads((folder / CONFIG).read_text())["model_cfg"]))
    monkeypatch.setattr(factory, "_MODEL_CONFIG_PATHS", [*factory._MODEL_CONFIG_PATHS])
    monkeypatch.setattr(factory, "_MODEL_CONFIGS", dict(factory._MODEL_CONFIGS))
    open_clip.add_model_config(architecture)
    tag = {"file": str(folder / WEIGHTS), "quick_gelu": quick, "mean": (0.1, 0.2, 0.3), "interpolation": "bilinear"}
    monkeypatch.setitem(pretrained._PRETRAINED, architecture.stem, {"mine": tag})
    teacher = load_teacher(f"{architecture.stem}/mine")
    assert any(isinstance(module, QuickGELU) for module in teacher.modules()) is quick
    assert teacher.id == f"{architecture.stem}/mine"
    assert teacher.preprocessing["mean"] == [0.1, 0.2, 0.3]
    assert teacher.preprocessing["interpolation"] == "bilinear"
    assert teacher.weights_hash == load_teacher(f"local-dir:{folder}").weights_hash


@pytest.mark.parametrize("name", ["tower", "/a/place/that/was/left/tower"])
def test_a_text_tower_is_found_from_anywhere(name, hugging_face, tmp_path, monkeypatch):
    folder = Path(shutil.copytree(hugging_face, tmp_path / "moved"))
    edit(folder, lambda config: config["model_cfg"]["text_cfg"].update(hf_model_name=name))
    monkeypatch.chdir(tmp_path)
    teacher = load_teacher("local-dir:moved")
    assert teacher.id == "local-dir:moved"
    assert teacher.encode_text(["a dog"]).shape == (1, 24)


def test_an_architecture_alone_has_random_weights_always_the_same(folder, tmp_path, monkeypatch):
    name = register(tmp_path, monkeypatch)
    torch.manual_seed(1)
    first, drawn = load_teacher(name), torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), drawn), "the draws of others are left alone"
    torch.manual_seed(2)
    again = load_teacher(name)
    assert (first.id, first.weights_hash) == (name, again.weights_hash)
    assert first.weights_hash != load_teacher(f"local-dir:{folder}").weights_hash
    assert torch.equal(first.encode_text(["a dog"]), again.encode_text(["a dog"]))


@pytest.mark.parametrize("size", [(32, 64), (48, 16)])
def test_a_tower_may_be_higher_or_wider(size, tmp_path, monkeypatch):
    name = register(tmp_path, monkeypatch, image_size=list(size))
    teacher = load_teacher(name)
    picture = Image.effect_noise((70, 50), 90).convert("RGB")
    prepared = teacher.prepare(picture)
    assert prepared.shape == (3, *size)
    assert (teacher.image_size, teacher.preprocessing["size"]) == (size, list(size))
    config = open_clip.get_model_preprocess_cfg(teacher.model)
    own = image_transform_v2(PreprocessCfg(**config), is_train=False)(picture)
    row = torch.nn.functional.normalize(teacher.model.encode_image(own[None]), dim=1)
    torch.testing.assert_close(teacher.encode_image(prepared[None]), row, atol=1e-5, rtol=0)
    with pytest.raises(InputError, match=f"takes images of {size[0]} x {size[1]} pixels, not 32 x 32"):
        teacher.encode_image(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))


def test_an_absent_folder_or_config(folder, tmp_path):
    refused(tmp_path / "nowhere", "nowhere: no such folder")
    (folder / CONFIG).unlink()
    refused(folder, "no open_clip_config.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.pop("model_cfg"), "'model_cfg'"),
        (lambda c: c["model_cfg"].update(embed_dim="24"), "'model_cfg.embed_dim' is 24, expected int"),
        (lambda c: c["model_cfg"]["vision_cfg"].update(depth=3), "cannot build this model .*depth"),
        (lambda c: c["model_cfg"]["vision_cfg"].update(timm_model_name="no_such"), "cannot build this model"),
        (lambda c: c["model_cfg"].update(embed_dim=25), f"{WEIGHTS}: does not fit the model"),
        (lambda c: c["preprocess_cfg"].update(mean=[0.1, 0.2]), "'mean' is .*expected three numbers"),
        (lambda c: c["preprocess_cfg"].update(std=[0, 1, 1]), "expected three numbers above zero"),
        (lambda c: c["preprocess_cfg"].update(resize_mode="shortst"), "did you mean 'shortest'"),
        (lambda c: c["preprocess_cfg"].update(interpolation="cubic"), "did you mean 'bicubic'"),
        (lambda c: c["model_cfg"]["text_cfg"].update(hf_tokenizer_name="x"), "its tokenizer cannot be loaded"),
        (
            lambda c: c["model_cfg"]["text_cfg"].update(tokenizer_kwargs={"trust_remote_code": True}),
            "would run the folder's own code",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_names_the_field(change, says, folder):
    edit(folder, change)
    refused(folder, says)


@pytest.mark.parametrize("size", [[32, 0], [32, 32, 3], [], "32", True, None, -1, 2.5])
def test_a_size_that_is_none(size):
    config = {"mean": 0.5, "std": 0.5, "interpolation": "bicubic", "resize_mode": "shortest", "size": size}
    with pytest.raises(
        InputError, match=r"here: the image size is .*expected one number of pixels, or height and width"
    ):
        Preprocessing.from_config(config, "here")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["vision_cfg"].update(layers=10**6), "vision_cfg.layers is 1000000; expected at most 256"),
        (lambda c: c["vision_cfg"].update(layers=[10**6, 4, 6, 3]), "vision_cfg.layers is .*expected at most 256"),
        (lambda c: c["vision_cfg"].update(image_size=10**6), "vision_cfg.image_size is 1000000; expected at most 4096"),
        (lambda c: c["text_cfg"].update(width=10**9), "text_cfg.width is 1000000000; expected at most"),
        (lambda c: c["text_cfg"].update(vocab_size=10**9), "text_cfg.vocab_size is 1000000000; expected at most"),
        (
            lambda c: c["vision_cfg"].update(layers=40, width=4096),
            r"describes a model of 8,0\d\d,.* they do not belong",
        ),
        (lambda c: c["text_cfg"].update(layers=40, width=4096, heads=16), "they do not belong together"),
        (lambda c: c["vision_cfg"].update(timm_model_name="vit_giant_patch14_224", timm_pool=""), "do not belong"),
        (lambda c: c.update(embed_dim=10**9), "they do not belong together"),
    ],
)
def test_a_giant_is_refused_before_it_takes_memory(change, says, folder):
    edit(folder, lambda config: change(config["model_cfg"]))
    refused(folder, says)


def test_a_configuration_that_is_no_json(folder):
    (folder / CONFIG).write_text("{")
    refused(folder, "not valid JSON")


def test_a_folder_without_weights(folder):
    (folder / WEIGHTS).unlink()
    refused(folder, "no weights in it")


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["open_clip_pytorch_model.bin", "weights.pt", "model.pth", WEIGHTS])
def test_a_pickle_is_refused_unopened_whatever_its_name(name, folder, tmp_path):
    (folder / WEIGHTS).unlink()
    (folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    refused(folder, "pickle")
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_beside_the_weights_is_left_alone(folder, tmp_path):
    (folder / "open_clip_pytorch_model.bin").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    (folder / WEIGHTS).rename(folder / "other_name.safetensors")  # open_clip would now prefer the pickle
    assert load_teacher(f"local-dir:{folder}").width == 24
    assert not (tmp_path / "sprung").exists()


def test_a_torch_archive_under_another_name_is_told_how_to_be_converted(folder):
    weights = load((folder / WEIGHTS).read_bytes())
    torch.save(weights, folder / WEIGHTS)
    refused(folder, "PyTorch pickle under another name; convert it once")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html>", "web page"),
        (b"", "damaged or cut short"),
        (bytes(64), "damaged or cut short"),
    ],
)
def test_other_files_in_disguise(content, says, folder):
    (folder / WEIGHTS).write_bytes(content)
    refused(folder, says)


def test_a_numpy_array_in_disguise_and_a_file_cut_short(folder):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    refused(folder, "damaged or cut short")
    with (folder / WEIGHTS).open("wb") as stream:
        np.save(stream, np.zeros(3))
    refused(folder, "NumPy array")


def test_which_of_several_weight_files(folder):
    (folder / WEIGHTS).rename(folder / "one.safetensors")
    shutil.copy(folder / "one.safetensors", folder / "two.safetensors")
    refused(folder, r"several weight files \(one.safetensors, two.safetensors\)")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_name_the_tensor(value, folder):
    weights = load((folder / WEIGHTS).read_bytes())
    weights["visual.proj"][3, 3] = value
    save_file(weights, folder / WEIGHTS)
    refused(folder, "'visual.proj' hold NaN or infinity")

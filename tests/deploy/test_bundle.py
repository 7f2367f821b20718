"""A bundle comes back bit for bit, or says which file is at fault."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from clipling.contracts.errors import InputError
from clipling.deploy import ClassEntry, read_bundle, write_bundle
from clipling.deploy.seal import seal
from clipling.files import read_json, write_json
from clipling.student import StudentNet, create_student

FILES = {"model.safetensors", "config.json", "labels.json", "text.safetensors", "README.md", "hashes.json"}


def test_the_files_and_nothing_else(bundle: Path):
    assert {path.name for path in bundle.iterdir()} == FILES
    assert read_json(bundle / "hashes.json").keys() == FILES - {"hashes.json"}
    assert read_json(bundle / "labels.json")[1] == {
        "class": "n02",
        "name": "red kite",
        "text": "a photo of red kite",
        "seen": True,
    }


def test_round_trip(bundle: Path, net: StudentNet, facts: dict[str, Any]):
    back = read_bundle(bundle)
    images = torch.randint(0, 256, (3, 3, 48, 48), dtype=torch.uint8)
    assert torch.equal(back.net.encode_image(images), net.encode_image(images))
    assert torch.equal(back.text, facts["text"])
    assert list(back.classes) == facts["classes"]
    assert (back.net.mean, back.net.std, back.net.image_size) == (net.mean, net.std, 48)
    assert not any(part.training for part in back.net.modules())
    for field in ("teacher", "temperature", "template", "results", "about"):
        assert getattr(back.config, field) == facts[field]


@pytest.mark.parametrize("architecture", ["test_vit", "test_convnext"])
def test_other_families_and_channels_last(tmp_path: Path, facts: dict[str, Any], architecture: str):
    net = create_student(architecture, width=16, image_size=64).to(memory_format=torch.channels_last)
    write_bundle(tmp_path / "student", net, **facts)
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(read_bundle(tmp_path / "student").net.encode_image(images), net.encode_image(images))


def test_mean_and_std_of_the_bundle_win_over_those_of_timm(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    other = StudentNet(
        net.backbone, architecture=net.architecture, width=16, image_size=48, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6)
    )
    write_bundle(tmp_path / "student", other, **facts)
    assert read_bundle(tmp_path / "student").net.mean == (0.1, 0.2, 0.3)


def test_reading_leaves_the_random_numbers_alone(bundle: Path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    read_bundle(bundle)
    assert torch.equal(torch.rand(1), expected)


def test_a_bundle_is_replaced_by_another(bundle: Path, net: StudentNet, facts: dict[str, Any]):
    write_bundle(bundle, net, **{**facts, "temperature": 0.5})
    assert read_bundle(bundle).config.temperature == 0.5


def test_a_replacement_cut_short_still_reads(bundle: Path):
    bundle.rename(bundle.with_name(".student.former"))
    assert len(read_bundle(bundle).classes) == 4


@pytest.mark.parametrize("name", sorted(FILES - {"hashes.json"}))
def test_a_changed_or_missing_file_is_named(bundle: Path, name: str):
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(InputError, match=f"changed: {name}"):
        read_bundle(bundle)
    (bundle / name).unlink()
    with pytest.raises(InputError, match=f"missing: {name}"):
        read_bundle(bundle)


def test_a_truncated_file_is_named(bundle: Path):
    content = (bundle / "model.safetensors").read_bytes()
    (bundle / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"changed: model\.safetensors"):
        read_bundle(bundle)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("name", ["model.safetensors", "text.safetensors"])
def test_a_pickle_by_the_name_of_safetensors_is_never_opened(
    bundle: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    (bundle / name).write_bytes(pickle.dumps(Bomb()))
    seal(bundle)
    with pytest.raises(InputError, match=f"{name}: not a safetensors file"):
        read_bundle(bundle)
    assert not (tmp_path / "exploded").exists()


def test_weights_of_another_network(bundle: Path):
    weights = load_file(bundle / "model.safetensors")
    weights.pop("backbone.fc.weight")
    save_file(weights, bundle / "model.safetensors")
    seal(bundle)
    with pytest.raises(
        InputError, match=r"model\.safetensors: the weights do not fit test_resnet.*backbone\.fc\.weight"
    ):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"text": torch.ones(3, 16)}, r"labels\.json: 4 classes, texts of shape \(3, 16\)"),
        ({"text": torch.ones(4, 8)}, "expected 16 numbers"),
        ({"text": torch.ones(4, 16).half()}, "one float32 matrix"),
        ({"other": torch.ones(4, 16)}, r"text\.safetensors: expected one float32 matrix"),
        ({"text": 2 * torch.eye(4, 16)}, r"text\.safetensors: a row is no unit row"),
        ({"text": torch.zeros(4, 16)}, r"text\.safetensors: a row is no unit row"),
        ({"text": torch.full((4, 16), torch.nan)}, r"text\.safetensors: .text.: holds NaN"),
    ],
)
def test_texts_that_do_not_fit(bundle: Path, text: dict[str, torch.Tensor], message: str):
    save_file(text, bundle / "text.safetensors")
    seal(bundle)
    with pytest.raises(InputError, match=message):
        read_bundle(bundle)


@pytest.mark.parametrize("labels", [{}, ["wren"], [{"class": "n01", "name": "wren", "text": 3, "seen": True}]])
def test_labels_of_another_form(bundle: Path, labels: Any):
    write_json(bundle / "labels.json", labels)
    seal(bundle)
    with pytest.raises(InputError, match=r"labels\.json"):
        read_bundle(bundle)


def test_an_architecture_that_would_fetch_something(bundle: Path):
    values = read_json(bundle / "config.json")
    write_json(bundle / "config.json", {**values, "architecture": "local-dir:/somewhere"})
    seal(bundle)
    with pytest.raises(InputError, match="unknown student architecture"):
        read_bundle(bundle)


def test_another_rule_of_resizing(bundle: Path):
    values = read_json(bundle / "config.json")
    write_json(bundle / "config.json", {**values, "resize": {"shorter_side": 48, "crop": 48}})
    seal(bundle)
    with pytest.raises(InputError, match=r"config\.json: images were resized to 48 pixels, this clipling .* to 55"):
        read_bundle(bundle)


def test_no_bundle(tmp_path: Path):
    with pytest.raises(InputError, match=r"holds no hashes\.json; expected a bundle"):
        read_bundle(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        read_bundle(tmp_path / "absent")


def test_a_folder_that_holds_something_else_is_not_deleted(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds something else"):
        write_bundle(tmp_path, net, **facts)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    with pytest.raises(InputError, match="a file stands"):
        write_bundle(tmp_path / "thesis.tex", net, **facts)


def test_an_empty_folder_is_filled(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    (tmp_path / "student").mkdir()
    write_bundle(tmp_path / "student", net, **facts)
    assert len(read_bundle(tmp_path / "student").classes) == 4


def entries(*pairs: tuple[str, str]) -> list[ClassEntry]:
    return [ClassEntry(key, name, name, True) for key, name in pairs]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": []}, "0 classes, texts of shape"),
        ({"text": torch.ones(4, 8)}, "expected 16 numbers"),
        ({"text": torch.full((4, 16), torch.nan)}, "text holds NaN"),
        ({"temperature": 0.0}, "temperature is 0"),
        ({"teacher": {"id": "kestrel"}}, "no weights_hash"),
        ({"classes": entries(("a", "x"), ("a", "y"), ("b", "z"), ("c", "w"))}, "class key 'a' comes 2 times"),
        ({"classes": entries(("a", "x"), ("b", "x"), ("c", "z"), ("d", "w"))}, "class name 'x' comes 2 times"),
    ],
)
def test_what_makes_no_bundle(
    tmp_path: Path, net: StudentNet, facts: dict[str, Any], change: dict[str, Any], message: str
):
    with pytest.raises(InputError, match=message):
        write_bundle(tmp_path / "student", net, **{**facts, **change})
    assert not (tmp_path / "student").exists()


def test_weights_that_are_not_finite(tmp_path: Path, facts: dict[str, Any]):
    net = create_student("test_resnet", width=16, image_size=48)
    with torch.no_grad():
        net.backbone.fc.weight[0, 0] = torch.inf
    with pytest.raises(InputError, match=r"backbone\.fc\.weight holds NaN or infinity"):
        write_bundle(tmp_path / "student", net, **facts)


def test_without_classes_as_of_images_that_had_none(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    write_bundle(tmp_path / "student", net, **{**facts, "classes": [], "text": torch.empty(0, 16)})
    read = read_bundle(tmp_path / "student")
    assert (read.classes, tuple(read.text.shape)) == ((), (0, 16))


def test_without_results(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    write_bundle(tmp_path / "student", net, **{**facts, "results": None})
    assert read_bundle(tmp_path / "student").config.results is None
    assert "Not measured." in (tmp_path / "student" / "README.md").read_text()


def test_the_card_names_classes_by_their_part(bundle: Path):
    card = (bundle / "README.md").read_text()
    assert "(3)\n\nwren, red kite, swan" in card
    assert "(1)\n\nlark" in card
    assert json.loads((bundle / "config.json").read_text())["teacher"]["id"] in card

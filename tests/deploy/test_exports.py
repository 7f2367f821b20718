"""An export repeats the student, says what it is, and stands whole or not at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.deploy import read_bundle
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.folder import MANIFEST, export_folder, read_manifest
from clipling.deploy.exports.graph import open_onnx, quantize, write_onnx
from clipling.deploy.exports.parity import TOLERANCE, Parity
from clipling.deploy.exports.prepared import write_prepared
from clipling.deploy.exports.pt2 import open_pt2, write_pt2
from clipling.deploy.exports.shipped import IMAGES, shipped
from clipling.deploy.pixels import pixels_of
from clipling.tensors import unit


@pytest.fixture
def read(bundle: Path) -> Bundle:
    return read_bundle(bundle)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (5, 48, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))


def expected(read: Bundle, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rows = read.net.encode_image(images.permute(0, 3, 1, 2))
    return rows, (rows @ read.text.T / read.config.temperature).softmax(dim=1)


def test_a_graph_takes_any_number_of_images(read: Bundle, images: torch.Tensor, tmp_path: Path):
    model = shipped(read, dtype=torch.float32, with_classes=True)
    write_onnx(model, images[:2], tmp_path / "a.onnx", inputs=[IMAGES], outputs=model.outputs)
    run = open_onnx(tmp_path / "a.onnx")
    for count in (1, 5):
        for made, wanted in zip(run(images[:count].numpy()), expected(read, images[:count]), strict=True):
            np.testing.assert_allclose(made, wanted, atol=1e-5)


class Squares(torch.nn.Module):
    """A network that says what it sees."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.to(torch.int32)


@pytest.mark.parametrize("shape", [(375, 500), (501, 333), (73, 74), (55, 61), (54, 90), (20, 31), (48, 48), (1, 5)])
def test_a_picture_of_any_size_is_prepared_as_for_evaluation(read: Bundle, tmp_path: Path, shape: tuple[int, int]):
    size = read.config.image_size
    blank = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    write_onnx(Squares(), blank, tmp_path / "a.onnx", inputs=[IMAGES], outputs=["seen"])
    write_prepared(tmp_path / "a.onnx", tmp_path / "b.onnx", read.config)
    pictures = np.random.default_rng(0).integers(0, 256, (2, *shape, 3), np.uint8)
    (seen,) = open_onnx(tmp_path / "b.onnx")(pictures)
    for given, made in zip(pictures, seen, strict=True):
        apart = np.abs(made - pixels_of(given, read.config).permute(1, 2, 0).numpy().astype(int))
        assert apart.max() <= 1, "Pillow and ONNX Runtime round the last bit differently"
        assert (apart > 0).mean() < 0.05


def test_eight_bits_stay_near_and_are_smaller(read: Bundle, images: torch.Tensor, tmp_path: Path):
    model = shipped(read, dtype=torch.float32, with_classes=True)
    write_onnx(model, images[:2], tmp_path / "a.onnx", inputs=[IMAGES], outputs=model.outputs)
    quantize(tmp_path / "a.onnx", tmp_path / "b.onnx", [images.numpy()])
    rows, probabilities = (torch.from_numpy(each) for each in open_onnx(tmp_path / "b.onnx")(images.numpy()))
    parity = Parity.between(expected(read, images)[0], rows, read.text)
    assert 0 < parity.mean < 0.2
    torch.testing.assert_close(probabilities, (rows @ read.text.T / read.config.temperature).softmax(dim=1))
    assert (tmp_path / "b.onnx").stat().st_size < 0.6 * (tmp_path / "a.onnx").stat().st_size


def test_a_program_of_torch_alone(read: Bundle, images: torch.Tensor, tmp_path: Path):
    write_pt2(shipped(read, dtype=torch.float32, with_classes=False), images[:2], tmp_path / "a.pt2")
    (rows,) = open_pt2(tmp_path / "a.pt2")(images)
    torch.testing.assert_close(rows, expected(read, images)[0], atol=1e-5, rtol=0)


def test_half_precision_leaves_the_bundle_as_it_was(read: Bundle, images: torch.Tensor):
    before, _ = expected(read, images)
    with torch.no_grad():
        (rows,) = shipped(read, dtype=torch.float16, with_classes=False)(images)
    assert rows.dtype == torch.float32
    assert torch.equal(expected(read, images)[0], before)
    assert 0 < Parity.between(before, rows, read.text).largest < TOLERANCE["fp16"].largest


def test_parity_worked_out():
    student, text = torch.eye(2), torch.eye(2)
    export = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    parity = Parity.between(student, export, text)
    apart = 0.8**0.5  # from (0, 1) to (0.8, 0.6)
    assert (parity.images, parity.same_class) == (2, 0.5)
    assert (parity.largest, parity.mean) == (pytest.approx(apart), pytest.approx(apart / 2))


def test_what_strays_is_refused():
    rows = unit(torch.randn(20, 8, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(InputError, match=r"the graph does not repeat the student .* choose a higher --precision"):
        Parity.between(rows, rows.flip(0), rows).require(TOLERANCE["int8"], "the graph")
    broken = rows.clone()
    broken[3] = torch.nan
    with pytest.raises(InputError, match="does not repeat"):
        Parity.between(rows, broken, rows).require(TOLERANCE["fp32"], "the graph")
    Parity.between(rows, rows, rows).require(replace(TOLERANCE["fp32"], largest=1e-6), "itself")


def test_a_folder_with_a_manifest(tmp_path: Path):
    out = tmp_path / "onnx-fp32"
    manifest = {"format": "onnx"}
    with export_folder(out, manifest) as folder:
        (folder / "a.bin").write_bytes(b"abc")
        manifest["parity"] = "added meanwhile"
    assert {key: read_manifest(out)[key] for key in manifest} == manifest
    (out / "a.bin").write_bytes(b"xyz")
    with pytest.raises(InputError, match=r"a\.bin: missing, or changed since the export"):
        read_manifest(out)
    with pytest.raises(ZeroDivisionError), export_folder(out, {}):
        1 / 0  # noqa: B018
    assert (out / MANIFEST).exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="something else than an export"), export_folder(tmp_path, {}):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]

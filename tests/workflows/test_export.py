"""Exports of a finished run, used as others would: by ONNX Runtime alone, by open_clip, by torch alone."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

import clipling
from clipling.aviary import teacher_spec
from clipling.data.split import read_split
from clipling.deploy import ClassEntry, read_bundle, write_bundle
from clipling.deploy.exports.folder import read_manifest
from clipling.deploy.exports.graph import open_onnx
from clipling.deploy.exports.parity import TOLERANCE
from clipling.deploy.pixels import pixels_of
from clipling.metrics import mean_class_accuracy
from clipling.student import create_student
from clipling.teacher import load_teacher
from clipling.tensors import cosine
from clipling.workflows.export import Exported, export
from clipling.workflows.exports.photographs import spread
from workflows.desk import Desk

NEW_NAMES = ("onnxruntime", "tokenizers", "numpy", "pillow")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def eight_bits(finished: clipling.Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The classes inside, every precision measured on the way."""
    out = tmp_path_factory.mktemp("exports") / "int8"
    return export(finished.folder, precision="int8", with_classes=True, out=out, images=60)


def name_of(photo: Path) -> str:
    """What a full-size photograph shows, by its file's name."""
    return photo.stem.split("_", 1)[1].replace("_", " ")


@pytest.fixture(scope="module")
def photographer(test_bed: Path, photos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that knows full-size photographs: the image tower of `teacher-c` as a bundle, in a folder of 40."""
    root = tmp_path_factory.mktemp("photographer")
    chosen = photos[::5]
    (root / "images").mkdir()
    for photo in chosen:
        (root / "images" / photo.name).symlink_to(photo)
    rows = [f"images/{photo.name},{name_of(photo)}" for photo in chosen]
    (root / "labels.csv").write_text("\n".join(["file,class", *rows]))
    (root / "split").mkdir()
    for part, some in {"train": chosen[::2], "id": [], "ood": chosen[1::2]}.items():
        (root / "split" / f"{part}.txt").write_text("".join(f"images/{photo.name}\n" for photo in some))
    teacher = load_teacher(f"local-dir:{test_bed / 'teacher-c'}")
    net = create_student("tf_efficientnet_lite0", width=teacher.width, image_size=224)
    net.backbone.load_state_dict(
        {name.removeprefix("trunk."): value for name, value in teacher.model.visual.state_dict().items()}
    )
    names = [name_of(photo) for photo in chosen]
    write_bundle(
        root / "student",
        net,
        classes=[ClassEntry(name, name, f"a photo of {name}", name in names[::2]) for name in names],
        text=teacher.encode_text([f"a photo of {name}" for name in names]),
        teacher={"id": teacher.id, "weights_hash": teacher.weights_hash, "spec": teacher.id},
        temperature=0.07,
        template="a photo of {}",
        results={},
        about={},
    )
    return root


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


@pytest.fixture
def pictures(aviary: Path, finished: clipling.Run) -> list[Path]:
    files = (finished.split / "ood.txt").read_text().splitlines()
    return [aviary / file for file in files[:3]]


def required(*packages: str) -> set[str]:
    """The modules of these packages and of all that they require."""
    wanted, known = [*packages], set[str]()
    while wanted:
        known.add(name := canonicalize_name(wanted.pop()))
        needs = [Requirement(one) for one in distribution(name).requires or ()]
        used = {
            canonicalize_name(one.name) for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        wanted.extend(used - known)
    return {module for module, by in packages_distributions().items() if known & {canonicalize_name(one) for one in by}}


def program(name: str, *arguments: object, packages: tuple[str, ...]) -> list[list[str]]:
    """The lines of an example, in an interpreter that knows these packages, what they require, and no other."""
    code = f"""
import runpy, sys
class Others:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in sys.stdlib_module_names | {required(*packages)}:
            raise ImportError(f"{{name}} is none of {packages}")
sys.meta_path.insert(0, Others())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    command = [sys.executable, "-c", code, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_each_precision_is_measured_beside_torch(eight_bits: Exported, finished: clipling.Run):
    manifest = read_manifest(eight_bits.folder)
    rows = {row["name"]: row for row in manifest["measured"]}
    assert list(rows) == ["torch fp32", "onnx fp32", "onnx fp16", "onnx int8"]
    assert rows["onnx fp32"]["parity"]["largest"] < 1e-4
    assert rows["onnx fp32"]["parity"]["largest"] < rows["onnx fp16"]["parity"]["largest"]
    assert rows["onnx int8"]["megabytes"] < rows["onnx fp16"]["megabytes"] < rows["onnx fp32"]["megabytes"]
    assert rows["onnx fp32"]["accuracy"] == rows["torch fp32"]["accuracy"]
    assert {"id", "ood_zero_shot"} <= rows["onnx int8"]["accuracy"].keys()
    slower = rows["onnx int8"]["milliseconds"] >= rows["onnx fp32"]["milliseconds"]
    assert any("int8 is slower than fp32 on this machine" in note for note in manifest["notes"]) == slower


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_what_ships_is_measured_on_whole_pictures(
    eight_bits: Exported, finished: clipling.Run, aviary: Path, tmp_path: Path, precision: str
):
    """The figures of the table come out again from the file alone, given pictures as they are."""
    made = eight_bits if precision == "int8" else export(finished.folder, out=tmp_path / "fp32", images=60)
    run, bundle = open_onnx(made.folder / "student.onnx"), read_bundle(finished.student)
    files = [file for part in ("id", "ood") for file in spread(read_split(finished.split, aviary).__dict__[part], 60)]
    pictures = [np.array(Image.open(aviary / file)) for file in files]
    assert {picture.shape for picture in pictures} != {(32, 32, 3)}, "nothing would have to be resized"
    rows = torch.cat([torch.from_numpy(run(picture[None])[0]) for picture in pictures])
    wanted = torch.cat([bundle.net.encode_image(pixels_of(picture, bundle.config)[None]) for picture in pictures])
    row = made.manifest["measured"][-1]
    assert made.manifest["input"]["shape"] == ["batch", "height", "width", 3]
    assert row["parity"] == made.manifest["parity"]
    assert row["parity"]["images"] == 120
    assert row["parity"]["largest"] == pytest.approx(float((rows - wanted).norm(dim=1).max()), rel=1e-3)
    classes = [one.key for one in bundle.classes if not one.seen]
    text = bundle.text[[not one.seen for one in bundle.classes]]
    labels = torch.tensor([classes.index(Path(file).parent.name) for file in files[60:]])
    assert row["accuracy"]["ood_zero_shot"] == pytest.approx(mean_class_accuracy(cosine(rows[60:], text), labels))


def test_full_size_photographs_of_many_sizes(finished: clipling.Run, photos: list[Path], tmp_path: Path):
    (tmp_path / "data").mkdir()
    for photo in photos[::4]:
        (tmp_path / "data" / photo.name).symlink_to(photo)
    assert len({Image.open(photo).size for photo in photos[::4]}) > 5
    for to, precision in (("onnx", "fp16"), ("pt2", "fp32")):
        made = export(finished.student, to=to, precision=precision, data=tmp_path / "data", out=tmp_path / to)
        rows = {row["name"]: row["parity"] for row in made.manifest["measured"][1:]}
        assert {parity["images"] for parity in rows.values()} == {50}
        assert all(parity["largest"] < TOLERANCE[name.split()[1]].largest for name, parity in rows.items())


@pytest.mark.slow
def test_what_ships_knows_full_size_photographs(photographer: Path, tmp_path: Path):
    """Every precision answers as torch does, and nearly as the teacher, who knows 88.5 % among 200 names."""
    root = photographer
    made = export(root / "student", precision="fp16", data=root, split=root / "split", out=tmp_path / "fp16")
    rows = {row["name"]: row for row in made.manifest["measured"]}
    assert rows["torch fp32"]["accuracy"]["ood_zero_shot"] >= 0.85
    for name in ("onnx fp32", "onnx fp16"):
        assert rows[name]["accuracy"] == rows["torch fp32"]["accuracy"]
        assert rows[name]["parity"]["same_class"] == 1


def test_a_program_of_twenty_lines(finished: clipling.Run, pictures: list[Path], tmp_path: Path):
    made = export(finished.folder, with_classes=True, out=tmp_path / "fp32", images=10)
    student = clipling.load(finished.folder)
    given = [tmp_path / "a.ppm", tmp_path / "b.npy"]
    Image.open(pictures[0]).save(given[0])
    np.save(given[1], np.asarray(Image.open(pictures[1])))
    said = program("predict_onnx.py", made.folder, *given, packages=("onnxruntime", "numpy"))
    wanted = [
        (str(path), one)
        for path, picture in zip(given, pictures, strict=False)
        for one in student.predict(picture, k=3)[0]
    ]
    for (path, label, probability), (picture, prediction) in zip(said, wanted, strict=True):
        assert (path, label) == (picture, prediction.label)
        assert float(probability) == pytest.approx(prediction.probability, abs=0.002)
    lines = (EXAMPLES / "predict_onnx.py").read_text().split('"""', 2)[2].splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 20


def test_new_names_without_a_training_library(
    eight_bits: Exported, finished: clipling.Run, pictures: list[Path], tmp_path: Path, desk: Desk
):
    code, said = desk.run("export", finished.folder, "--text", "--out", tmp_path / "text")
    assert code == 0, said
    names = ["a crimson wader", "an olive finch"]
    answers = program(
        "new_names_onnx.py", eight_bits.folder, tmp_path / "text", pictures[0], *names, packages=NEW_NAMES
    )
    assert sorted(label for label, _ in answers) == sorted(names)
    assert sum(float(probability) for _, probability in answers) == pytest.approx(1, abs=0.01)


def test_a_small_clip_for_open_clip(finished: clipling.Run, pictures: list[Path], aviary: Path, tmp_path: Path):
    made = export(finished.folder, to="open_clip", out=tmp_path / "clip", images=20)
    out, manifest = made.folder, made.manifest
    assert manifest["parity_of_network"]["largest"] < 1e-4, "on the squares of the evaluation it is the student"
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{out}")
    tokens = open_clip.get_tokenizer(f"local-dir:{out}")(["a photo of a heron"])
    student, teacher = read_bundle(finished.student), load_teacher(teacher_spec())
    ready = [Image.open(path).convert("RGB").resize((32, 32)) for path in pictures]
    pixels = torch.from_numpy(np.stack([np.asarray(image) for image in ready]))
    with torch.no_grad():
        rows = model.eval().encode_image(torch.stack([transform(image) for image in ready]), normalize=True)
        texts = model.encode_text(tokens, normalize=True)
    torch.testing.assert_close(rows, student.net.encode_image(pixels.permute(0, 3, 1, 2)), atol=1e-4, rtol=0)
    torch.testing.assert_close(texts, teacher.encode_text(["a photo of a heron"]), atol=1e-5, rtol=0)
    parts = [(finished.split / f"{part}.txt").read_text().splitlines() for part in ("id", "ood")]
    whole = [Image.open(aviary / file).convert("RGB") for files in parts for file in spread(files, 20)]
    with torch.no_grad():
        rows = model.encode_image(torch.stack([transform(image) for image in whole]), normalize=True)
    wanted = student.net.encode_image(torch.stack([pixels_of(image, student.config) for image in whole]))
    apart = float((rows - wanted).norm(dim=1).max())
    assert manifest["parity"]["largest"] == pytest.approx(apart, abs=1e-4), "on whole pictures, as who loads it has it"
    assert float(model.logit_scale.detach().exp()) == pytest.approx(1 / student.config.temperature)


def test_a_transformer_at_another_size_is_no_open_clip(finished: clipling.Run, aviary: Path, desk: Desk):
    whole = read_bundle(finished.student)
    net = create_student("vit_tiny_patch16_224", width=whole.config.width, image_size=96)
    keep = {name: getattr(whole.config, name) for name in ("teacher", "temperature", "template", "results", "about")}
    write_bundle(desk.place / "vit", net, classes=whole.classes, text=whole.text, **keep)
    code, said = desk.run("export", desk.place / "vit", "--to", "open_clip", "--data", aviary, "--images", 4)
    assert code == 2
    assert "open_clip cannot express this student" in said
    assert "not at 96 pixels" in said
    assert not (desk.place / "exports" / "open_clip-fp32").exists()


def test_a_program_of_torch(finished: clipling.Run, tmp_path: Path):
    made = export(finished.folder, to="pt2", precision="fp16", out=tmp_path / "pt2", images=20)
    assert made.manifest["parity"]["images"] == 40
    assert [row["name"] for row in made.manifest["measured"]] == ["torch fp32", "pt2 fp16"]


def test_a_second_export_replaces_the_first(eight_bits: Exported, finished: clipling.Run):
    before = json.loads((eight_bits.folder / "manifest.json").read_text())
    copy = shutil.copytree(eight_bits.folder, eight_bits.folder.with_name("again"))
    after = export(finished.folder, out=copy, images=10).manifest
    assert (before["precision"], after["precision"]) == ("int8", "fp32")
    assert sorted(path.name for path in copy.iterdir()) == ["manifest.json", "student.onnx"]


def test_the_page_of_the_run_links_its_exports(finished: clipling.Run, tmp_path: Path):
    run = shutil.copytree(finished.folder, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    assert "exports/onnx-fp32/" not in (run / "report.html").read_text()
    export(run, images=10)
    assert 'href="exports/onnx-fp32/"' in (run / "report.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", "onx"), "unknown format 'onx': did you mean 'onnx'?"),
        (("--precision", "fp61"), "unknown precision 'fp61': did you mean 'fp16'?"),
        (("--to", "pt2", "--precision", "int8"), "precision int8: pt2 has fp32 and fp16; int8 is for onnx"),
        (("--to", "open_clip", "--precision", "fp16"), "leave --precision out"),
        (("--to", "open_clip", "--with-classes"), "with_classes: an open_clip model has a text tower"),
        (("--text", "--to", "pt2"), "the text tower is exported to onnx in fp32"),
        (("--data", "nowhere"), "nowhere: no such folder"),
        (("--images", "0"), "images is 0; expected at least 1"),
        (("--with-clases",), "Did you mean --with-classes?"),
    ],
)
def test_bad_input_writes_nothing(
    finished: clipling.Run, desk: Desk, options: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(desk.place)
    code, answer = desk.run("export", finished.folder, "--out", "here", *options)
    assert (code, said in answer) == (2, True), answer
    assert not (desk.place / "here").exists()


def test_a_bundle_alone_needs_images(finished: clipling.Run, aviary: Path, desk: Desk):
    shutil.copytree(finished.student, desk.place / "student")
    code, said = desk.run("export", desk.place / "student")
    assert (code, "give --data FOLDER" in said) == (2, True)
    code, said = desk.run("export", desk.place / "student", "--data", aviary, "--precision", "int8")
    assert (code, "give --split FOLDER beside --data" in said) == (2, True)
    code, said = desk.run("export", desk.place / "student", "--data", aviary, "--images", 10)
    assert code == 0, said
    assert (desk.place / "exports" / "onnx-fp32" / "student.onnx").is_file()


def test_a_missing_package_names_its_extra(finished: clipling.Run, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("clipling.deploy.exports.graph._PACKAGES", ("onnx", "absent_package"))
    code, said = desk.run("export", finished.folder, "--out", desk.out)
    assert (code, "absent_package: not installed; `pip install 'clipling[onnx]'`" in said) == (2, True), said
    assert not desk.out.exists()


def test_a_torch_that_cannot_write_graphs_is_named(finished: clipling.Run, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("clipling.deploy.exports.graph._EXPORTER", "99")
    code, said = desk.run("export", finished.folder, "--out", desk.out)
    assert (code, f"torch {torch.__version__}: writing ONNX needs torch 99 or newer" in said) == (2, True), said
    assert not desk.out.exists()
    code, said = desk.run("export", finished.folder, "--out", desk.out, "--to", "pt2")
    assert code == 0, said

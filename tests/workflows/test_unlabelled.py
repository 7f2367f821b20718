"""Images without classes, end to end: trained, measured by agreement with the teacher, and used like any student."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import clipling
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.data.decode import decode_image
from clipling.data.split import read_split
from clipling.files import read_json, read_jsonl
from clipling.teacher.store import FeatureStore
from clipling.teacher.tower import load_teacher
from clipling.training.config import LossConfig
from clipling.workflows.report import report
from workflows.conftest import HARDWARE, TINY
from workflows.desk import Desk

QUIET = ("--hardware.accelerator", "cpu", "--hardware.workers", 0)
SURE = 0.6


@pytest.fixture(scope="session")
def flat(aviary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred birds in one folder, nothing beside them."""
    root = tmp_path_factory.mktemp("flat") / "pool"
    root.mkdir()
    files = [file for file in read_split(aviary / "split", aviary).files if file.endswith((".png", ".jpg"))][::6]
    for number, file in enumerate(files[:100]):
        shutil.copy(aviary / file, root / f"{number:03}{Path(file).suffix}")
    return root


@pytest.fixture(scope="session")
def plain(flat: Path, runs: Path) -> clipling.Run:
    """The plainest command."""
    return clipling.distill(flat, teacher_spec(), runs / "plain", **TINY)


@pytest.fixture(scope="session")
def names(aviary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The names of forty species."""
    rows = (aviary / "classes.csv").read_text().splitlines()[1:41]
    file = tmp_path_factory.mktemp("names") / "names.txt"
    file.write_text("\n".join(row.split(",")[1] for row in rows))
    return file


@pytest.fixture(scope="session")
def named(aviary: Path, names: Path, runs: Path) -> clipling.Run:
    """A folder of classes whose classes are left aside, and names for the teacher to choose among."""
    some = {**TINY, "epochs": 1}
    return clipling.distill(
        aviary, teacher_spec(), runs / "named", unlabelled=True, names=names, sure=SURE, guards=False, **some
    )


def copy_of(run: clipling.Run, name: str) -> clipling.Run:
    folder = run.folder.with_name(name)
    shutil.copytree(run.folder, folder)
    return clipling.Run(folder)


def held_out(run: clipling.Run, root: Path) -> tuple[list[str], torch.Tensor, torch.Tensor]:
    """Files, the student's features by its public door, and the teacher's by its own."""
    files = list(read_split(run.split, root).id)
    paths = [root / file for file in files]
    teacher = load_teacher(teacher_spec())
    pixels = torch.stack([teacher.prepare(decode_image(path)) for path in paths])
    return files, clipling.load(run.student).encode_image(paths), teacher.encode_image(pixels)


def test_the_plainest_command_trains_what_needs_no_label(plain: clipling.Run) -> None:
    config = plain.config
    assert (config["recipe"], config["unlabelled"], config["names"]) == ("im_cst+mse", True, None)
    epochs = [row for row in read_jsonl(plain.log) if row["event"] == "epoch"]
    assert all(row["loss"].keys() == {"loss", "im_cst", "mse"} for row in epochs)
    assert all("accuracy" not in row for row in epochs)
    assert plain.results.keys() == {"schema", "agreement", "coherence", "seed", "epochs_averaged"}
    assert read_jsonl(plain.folder / "predictions.jsonl") == []
    assert read_json(plain.student / "labels.json") == []


def test_agreement_is_that_of_the_features(plain: clipling.Run, flat: Path) -> None:
    found = plain.results["agreement"]
    files, student, teacher = held_out(plain, flat)
    assert len(files) == found["images"] == 10
    cosines = (student * teacher).sum(dim=1)
    assert found["bundle"]["cosine"] == pytest.approx(float(cosines.mean()), abs=2e-3)  # stored in half precision
    own = (student @ teacher.T).argmax(dim=1) == torch.arange(10)
    assert found["bundle"]["m_rel"] == pytest.approx(float(own.float().mean()))
    assert found["chance"]["m_rel"] == pytest.approx(0.1)
    assert "same_answer" not in found["bundle"]
    logged = [row["agreement"]["cosine"] for row in read_jsonl(plain.log) if row["event"] == "epoch"]
    assert found["mean"]["cosine"] == pytest.approx(sum(logged) / 2)


def test_evaluate_repeats_it_exactly_and_coherence_leaves_it(plain: clipling.Run) -> None:
    measured = clipling.evaluate(plain, hardware=HARDWARE)
    assert measured.repeated
    assert measured.agreement == plain.results["agreement"]["bundle"]
    assert measured.accuracy == {}
    run = copy_of(plain, "plain-coherence")
    assert list(clipling.coherence(run, hardware=HARDWARE).parts) == ["train", "id"]
    assert run.results["agreement"] == plain.results["agreement"]


def test_the_page_says_in_words_what_was_measured(plain: clipling.Run, named: clipling.Run) -> None:
    page = plain.page.read_text()
    assert "nearest to where its teacher puts the same image; chance is 10.0" in page
    assert "Agreement with its teacher" in page
    assert "none: images without labels" in page
    assert "Seen classes" not in page.split("To take along")[0]
    page = named.page.read_text()
    assert "the name that its teacher gives them" in page
    assert "each stands under the teacher" in page
    for run in (plain, named):
        assert "## Agreement with its teacher" in (run.student / "README.md").read_text()
    both = report([plain.folder, named.folder], out=plain.folder.with_name("both.html"))
    assert "Nearest to its own teacher feature" in both.table


def test_it_predicts_among_names_given_later(
    plain: clipling.Run, flat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, image = Desk(tmp_path, capsys), sorted(flat.iterdir())[0]
    status, said = desk.run("predict", plain.folder, image)
    assert (status, "knows no names; say what to choose among: --labels" in said) == (2, True), said
    status, said = desk.run("predict", plain.folder, image, "--labels", "a red bird, a boat", "--format", "csv")
    assert (status, "a red bird" in said, "a boat" in said) == (0, True, True), said
    student = clipling.load(plain.student)
    assert student.classes == ()
    assert student.encode_image(image).shape == (1, 64)
    with pytest.raises(InputError, match="set_classes in Python"):
        student.predict(image)
    student.set_classes(["a red bird", "a boat"])
    assert {one.label for one in student.predict(image)[0]} == {"a red bird", "a boat"}


@pytest.mark.parametrize(("format", "parity"), [("pt2", "parity"), ("open_clip", "parity_of_network")])
def test_it_is_exported(plain: clipling.Run, tmp_path: Path, format: str, parity: str) -> None:
    made = clipling.export(plain.student, to=format, out=tmp_path / format, images=5)
    assert made.manifest["classes"] == []
    assert made.manifest[parity]["largest"] < 1e-3, "open_clip resizes pictures in its own way, its network is the same"
    assert "same_class" not in made.manifest[parity]
    assert "same_class" not in made.manifest["parity"]
    made.__rich__()
    if format == "pt2":
        with pytest.raises(InputError, match="has no classes, as its images had none"):
            clipling.export(plain.student, to="pt2", with_classes=True, out=tmp_path / "no")


def test_few_shots_are_refused_by_name(plain: clipling.Run) -> None:
    with pytest.raises(InputError, match="trained on images without classes, so that no class is unseen"):
        clipling.fewshot(plain)


def test_a_stopped_run_goes_on_to_the_same_bits(plain: clipling.Run, flat: Path) -> None:
    run = copy_of(plain, "plain-stopped")
    for path in (run.page, run.folder / "results.json", run.checkpoints / "epoch-0002.pt"):
        path.unlink()
    shutil.rmtree(run.student)
    clipling.distill(flat, teacher_spec(), run.folder, **TINY, resume=True)
    ours, theirs = (load_file(one.student / "model.safetensors") for one in (run, plain))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert run.results == plain.results


def test_labels_are_the_teachers_answers_where_it_is_sure(named: clipling.Run, aviary: Path, names: Path) -> None:
    split = read_split(named.split, aviary)
    assert split.classes == tuple(sorted(names.read_text().splitlines()))
    assert len(split.train) + len(split.id) == 600
    teacher = load_teacher(teacher_spec())
    text = teacher.encode_text([f"a photo of {name}" for name in split.classes])
    stores = map(FeatureStore.open, (named.folder.parent / ".clipling/features").iterdir())
    stored = next(store for store in stores if set(split.files) <= set(store.files))
    chances = (100 * stored.rows(split.train) @ text.T).softmax(dim=1).max(dim=1).values
    kept = int((chances >= SURE).sum())
    assert 0 < kept < len(split.train)
    assert named.results["pseudo_labels"] == {"names": 40, "sure": SURE, "images": kept, "of": len(split.train)}
    assert f"of {kept} of {len(split.train)} images" in (named.student / "README.md").read_text()
    (epoch,) = [row for row in read_jsonl(named.log) if row["event"] == "epoch"]
    assert epoch["loss"].keys() == {"loss", "cls", "mse", "im_cst", "vl_prox"}


def test_the_same_answer_is_counted_over_the_predictions(named: clipling.Run, aviary: Path) -> None:
    rows = read_jsonl(named.folder / "predictions.jsonl")
    assert [row["file"] for row in rows] == list(read_split(named.split, aviary).id)
    assert all("class" not in row for row in rows)
    same = sum(row["student"][0][0] == row["teacher"][0][0] for row in rows) / len(rows)
    assert named.results["agreement"]["bundle"]["same_answer"] == pytest.approx(same)
    assert [row["class"] for row in read_json(named.student / "labels.json")] == list(
        read_split(named.split, aviary).classes
    )
    assert clipling.load(named.student).predict(aviary / rows[0]["file"])[0][0].label == rows[0]["student"][0][0]


def test_other_names_are_refused_on_resume(named: clipling.Run, aviary: Path, names: Path, tmp_path: Path) -> None:
    run = copy_of(named, "named-stopped")
    (run.folder / "results.json").unlink()
    before = names.read_text()
    again: dict[str, Any] = {**TINY, "epochs": 1, "unlabelled": True, "names": names, "sure": SURE}
    again |= {"guards": False, "resume": True}
    try:
        names.write_text(before + "\na kind of duck")
        with pytest.raises(InputError, match="the name 'a kind of duck' is new since the run"):
            clipling.distill(aviary, teacher_spec(), run.folder, **again)
        names.write_text("\n".join(before.splitlines()[1:]))
        with pytest.raises(InputError, match=r"with which the run in .* was begun, is not there"):
            clipling.distill(aviary, teacher_spec(), run.folder, **again)
    finally:
        names.write_text(before)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"recipe": "cls"}, r"losses\.cls: of no use to images without classes; give class names by --names FILE"),
        ({"recipe": "vl_prox"}, r"losses\.vl_prox: of no use"),
        ({"recipe": "cls+im_cst+vl_prox"}, r"losses\.cls, losses\.vl_prox: of no use"),
        ({"losses": LossConfig(im_cst=1, filter_im_cst=True)}, r"losses\.filter_im_cst: of no use"),
        ({"recipe": "captions"}, r"losses\.cap needs the class of every image"),
        ({"recipe": "closed_set"}, r"text\.closed needs the class of every image"),
        ({"sure": 0.0}, "sure is 0.0; expected a probability"),
        ({"sure": 1.5}, "sure is 1.5; expected a probability"),
    ],
)
def test_what_needs_labels_is_refused_by_name(flat: Path, tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        clipling.distill(flat, teacher_spec(), tmp_path / "run", **{**TINY, **asked})
    assert not (tmp_path / "run").exists()


def test_a_teacher_that_is_never_sure_says_how_sure_it_is(flat: Path, names: Path, runs: Path) -> None:
    names_of_nothing = names.with_name("nothing.txt")
    names_of_nothing.write_text("alpha\nbeta\n")
    with pytest.raises(InputError, match=r"sure is 1\.0: .*nothing\.txt.*the highest is 0\.\d+.*give a smaller --sure"):
        clipling.distill(flat, teacher_spec(), runs / "never", **TINY, names=names_of_nothing, sure=1.0)
    assert not (runs / "never").exists()


def test_classes_and_names_are_not_mixed(aviary: Path, names: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the images have classes; --unlabelled leaves these aside"):
        clipling.distill(aviary, teacher_spec(), tmp_path / "run", names=names, **TINY)
    with pytest.raises(InputError, match="a split of images with classes; leave --unlabelled out"):
        clipling.distill(aviary, teacher_spec(), tmp_path / "run", split=aviary / "split", unlabelled=True, **TINY)


def test_split_and_check_take_a_flat_folder(flat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path, capsys)
    status, said = desk.run("split", flat, tmp_path / "own", "--holdout", "0.2")
    assert (status, "80 to train on, 20 held out" in said) == (0, True), said
    status, said = desk.run("check", flat)
    assert (status, "images without classes" in said) == (0, True), said
    status, said = desk.run("split", flat, tmp_path / "no", "--seen", "0.7")
    assert (status, "divide classes, of which these images have none" in said) == (2, True), said


def test_a_run_of_classes_records_nothing_of_this(finished: clipling.Run) -> None:
    assert not {"unlabelled", "names", "sure"} & finished.config.keys()
    assert not {"agreement", "pseudo_labels"} & finished.results.keys()
    assert "unlabelled" not in read_json(finished.split / "split.json")


def test_two_made_up_classes_are_warned_of(flat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "pool"
    shutil.copytree(flat, root)
    files = sorted(file.name for file in root.iterdir())
    rows = [f"{file},{'ab'[number % 2]}" for number, file in enumerate(files)]
    (root / "labels.csv").write_text("\n".join(["file,class", *rows]))
    run = clipling.distill(root, teacher_spec(), tmp_path / "run", **{**TINY, "epochs": 1}, guards=False)
    assert run.results["accuracy_bundle"]["id"] == 1.0
    said = capsys.readouterr().err
    assert "warning: there is one seen class to choose from, so that every answer is right" in said
    assert "Mind that there is one unseen class" in run.page.read_text()
    assert "Mind that there is one seen class" in (run.student / "README.md").read_text()
    assert "nothing to choose from" in Desk(tmp_path, capsys).run("check", root)[1]

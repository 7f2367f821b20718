import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load, save_file

from clipling.contracts.errors import InputError
from clipling.data.decode import decode_image
from clipling.files import hash_file, hash_strings
from clipling.teacher import FeatureStore, load_teacher
from clipling.teacher.store import extract_features, open_store, store_features


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "features"


def directly(teacher, root, files) -> torch.Tensor:
    return teacher.encode_image(torch.stack([teacher.prepare(decode_image(root / file)) for file in files]))


@pytest.mark.parametrize("workers", [0, 2])
def test_rows_are_the_teachers_own_in_the_order_of_the_files(workers, teacher, pictures, root, folder):
    files = pictures(23)[::-1]
    store = extract_features(teacher, root, files, folder, batch_size=5, workers=workers)
    assert store.files == tuple(files)
    torch.testing.assert_close(store.rows(files), directly(teacher, root, files), atol=1e-3, rtol=0)
    torch.testing.assert_close(store.rows(files).norm(dim=1), torch.ones(23))
    assert torch.equal(store.rows([files[4], files[1], files[4]]), store.rows(files)[[4, 1, 4]])
    assert store.width == teacher.width


def test_the_files_of_the_store_are_those_of_the_plan(teacher, pictures, root, folder):
    files = pictures(6)
    extract_features(teacher, root, files, folder)
    image = np.load(folder / "image.npy", mmap_mode="r")
    stamps = np.load(folder / "stamps.npy")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (image.dtype, image.shape) == (np.float16, (6, 24))
    assert (stamps.dtype, stamps.shape) == (np.int64, (6, 3))
    assert stamps[0, 0] == (root / files[0]).stat().st_size
    assert stamps[0, 1] == (root / files[0]).stat().st_mtime_ns
    assert (folder / "files.txt").read_text() == "".join(f"{file}\n" for file in files)
    assert manifest["files"] == hash_strings(files)
    assert manifest["image"] == hash_file(folder / "image.npy")
    assert (manifest["teacher"], manifest["weights"]) == (teacher.id, teacher.weights_hash)
    assert (manifest["preprocessing"], manifest["dtype"]) == (teacher.preprocessing, "float16")
    assert (manifest["views"], manifest["rows"], manifest["width"]) == (1, 6, 24)
    assert not (folder / "partial").exists()


def test_a_complete_store_is_reused_without_the_tower(teacher, encoded, pictures, root, folder):
    files = pictures(9)
    extract_features(teacher, root, files, folder)
    assert encoded.images == 9
    before = (folder / "manifest.json").stat().st_mtime_ns
    store = extract_features(teacher, root, files[3:5], folder)
    assert encoded.images == 9
    assert len(store) == 9
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_only_new_images_are_encoded(teacher, encoded, pictures, root, folder):
    old, new = pictures(5), pictures(4, folder="new", seed=1)
    first = extract_features(teacher, root, old, folder).rows(old)
    store = extract_features(teacher, root, [*new, *old], folder)
    assert encoded.images == 9
    assert store.files == (*old, *new)
    assert torch.equal(store.rows(old), first)
    torch.testing.assert_close(store.rows(new), directly(teacher, root, new), atol=1e-3, rtol=0)


def test_only_a_changed_image_is_encoded_again(teacher, encoded, pictures, root, folder):
    files = pictures(5)
    before = extract_features(teacher, root, files, folder).rows(files)
    Image.new("RGB", (40, 48), "red").save(root / files[2])
    store = extract_features(teacher, root, files, folder)
    assert encoded.images == 6
    assert store.files == tuple(files)
    assert torch.equal(store.rows(files)[[0, 1, 3, 4]], before[[0, 1, 3, 4]])
    torch.testing.assert_close(store.rows(files[2:3]), directly(teacher, root, files[2:3]), atol=1e-3, rtol=0)


def test_a_change_that_keeps_the_size_is_seen(teacher, encoded, pictures, root, folder):
    (file,) = pictures(1)
    Image.new("RGB", (32, 32), (255, 0, 0)).save(root / "class" / "a.bmp")
    extract_features(teacher, root, [file, "class/a.bmp"], folder)
    Image.new("RGB", (32, 32), (0, 255, 0)).save(root / "class" / "a.bmp")
    store = extract_features(teacher, root, [file, "class/a.bmp"], folder)
    assert encoded.images == 3
    torch.testing.assert_close(store.rows(["class/a.bmp"]), directly(teacher, root, ["class/a.bmp"]), atol=1e-3, rtol=0)


def test_a_new_time_alone_changes_nothing_and_is_noted(teacher, encoded, pictures, root, folder):
    files = pictures(3)
    extract_features(teacher, root, files, folder)
    os.utime(root / files[1], ns=(10**18, 10**18))
    extract_features(teacher, root, files, folder)
    assert encoded.images == 3
    assert np.load(folder / "stamps.npy")[1, 1] == 10**18


def test_another_teacher_is_refused_with_every_difference(teacher, native, pictures, root, folder, tmp_path):
    files = pictures(3)
    extract_features(teacher, root, files, folder)
    other = Path(shutil.copytree(native, tmp_path / "other"))
    weights = load((other / "open_clip_model.safetensors").read_bytes())
    weights["visual.proj"] += 0.1
    save_file(weights, other / "open_clip_model.safetensors")
    config = json.loads((other / "open_clip_config.json").read_text())
    config["preprocess_cfg"]["mean"] = [0.5, 0.5, 0.5]
    (other / "open_clip_config.json").write_text(json.dumps(config))
    second = load_teacher(f"local-dir:{other}", precision="bf16")
    with pytest.raises(InputError) as caught:
        extract_features(second, root, files, folder)
    for part in (
        f"teacher: stored {teacher.id}, wanted {second.id}",
        f"weights: stored {teacher.weights_hash}, wanted {second.weights_hash}",
        "preprocessing.mean: stored [0.3, 0.4, 0.5], wanted [0.5, 0.5, 0.5]",
        "precision: stored fp32, wanted bf16",
        "--rebuild",
        "another folder",
    ):
        assert part in str(caught.value)
    assert "std" not in str(caught.value)
    with pytest.raises(InputError, match="another key"):
        FeatureStore.open(folder, expected=second.key)
    rebuilt = extract_features(second, root, files, folder, rebuild=True)
    assert FeatureStore.open(folder, expected=second.key).files == rebuilt.files
    torch.testing.assert_close(rebuilt.rows(files), directly(second, root, files), atol=1e-3, rtol=0)


def test_rebuild_makes_all_anew_and_touches_nothing_else(teacher, encoded, pictures, root, folder):
    files = pictures(4)
    extract_features(teacher, root, files, folder)
    (folder / "notes.txt").write_text("mine")
    store = extract_features(teacher, root, files[:2], folder, rebuild=True)
    assert encoded.images == 6
    assert store.files == tuple(files[:2])
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_bad_image_stops_with_its_path_and_keeps_what_was_done(teacher, encoded, pictures, root, folder):
    files = pictures(9)
    (root / files[6]).write_bytes(b"no picture")
    with pytest.raises(InputError, match=rf"{files[6]}: cannot be read .*--on-bad-image skip"):
        extract_features(teacher, root, files, folder, batch_size=3)
    done = encoded.images
    assert done >= 6
    Image.new("RGB", (40, 48), "red").save(root / files[6])
    store = extract_features(teacher, root, files, folder, batch_size=3)
    assert encoded.images == 9
    assert store.files == tuple(files)


def test_bad_images_are_skipped_recorded_and_taken_in_once_mended(teacher, encoded, pictures, root, folder):
    files = pictures(5)
    (root / files[1]).write_bytes((root / files[1]).read_bytes()[:90])
    (root / files[3]).unlink()
    store = extract_features(teacher, root, files, folder, on_bad_image="skip", batch_size=2)
    assert store.files == (files[0], files[2], files[4])
    assert set(store.skipped) == {files[1], files[3]} == set(json.loads((folder / "skipped.json").read_text()))
    with pytest.raises(InputError, match=rf"no features of 1 files, the first is {files[3]} \(skipped: no such file"):
        store.rows(files[3:])
    with pytest.raises(InputError, match=f"{files[1]}: cannot be read"):
        extract_features(teacher, root, files, folder)
    Image.new("RGB", (40, 48), "red").save(root / files[1])
    mended = extract_features(teacher, root, files, folder, on_bad_image="skip")
    assert encoded.images == 4
    assert set(mended.files) == {*store.files, files[1]}
    assert set(mended.skipped) == {files[3]}


def test_an_image_that_breaks_later_leaves_the_store(teacher, pictures, root, folder):
    files = pictures(3)
    extract_features(teacher, root, files, folder)
    (root / files[1]).write_bytes(b"broken")
    store = extract_features(teacher, root, files, folder, on_bad_image="skip")
    assert store.files == (files[0], files[2])
    assert list(store.skipped) == [files[1]]


def test_when_every_image_is_bad(teacher, root, folder):
    with pytest.raises(InputError, match=r"none of the 2 images could be read; the first is a.png"):
        extract_features(teacher, root, ["a.png", "b.png"], folder, on_bad_image="skip")


@pytest.mark.parametrize("weight", [float("nan"), 3e38])  # the second is finite itself; what it gives is not
def test_features_that_are_not_finite_name_the_image(teacher, pictures, root, folder, weight):
    files = pictures(4)
    with torch.no_grad():
        teacher.model.visual.proj.fill_(weight)
    with pytest.raises(InputError, match=f"{files[0]}: its features are not finite"):
        extract_features(teacher, root, files, folder)
    assert not (folder / "manifest.json").exists()


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def damage_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def damage_all(path: Path) -> None:
    path.write_bytes(b"nothing")


def damage_gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("image.npy", damage_cut),
        ("image.npy", damage_bit),
        ("image.npy", damage_all),
        ("image.npy", damage_gone),
        ("files.txt", damage_cut),
        ("files.txt", damage_gone),
        ("stamps.npy", damage_cut),
        ("stamps.npy", damage_gone),
        ("manifest.json", damage_all),
    ],
)
def test_a_damaged_file_is_named_and_rebuild_mends_it(name, damage, teacher, pictures, root, folder):
    files = pictures(3)
    extract_features(teacher, root, files, folder)
    damage(folder / name)
    with pytest.raises(InputError, match=name):
        extract_features(teacher, root, files, folder)
    assert len(extract_features(teacher, root, files, folder, rebuild=True)) == 3


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a.png": 3}', "[" * 100_000, '{"a": NaN}', None])
def test_a_damaged_list_of_skipped_images_is_named_and_made_anew(content, teacher, pictures, root, folder, caplog):
    files = pictures(4)
    (root / files[1]).write_bytes(b"broken")
    before = extract_features(teacher, root, files, folder, on_bad_image="skip")
    skipped = folder / "skipped.json"
    skipped.unlink() if content is None else skipped.write_text(content)
    with pytest.raises(InputError, match=r"skipped\.json"):
        FeatureStore.open(folder)
    after = extract_features(teacher, root, files, folder, on_bad_image="skip")
    assert (after.skipped, after.files) == (before.skipped, before.files)
    assert torch.equal(after.rows(after.files), before.rows(before.files))
    assert str(skipped) in caplog.text
    skipped.write_text(content or "")
    assert open_store(folder).skipped == {}


def resealed(folder: Path, image: np.ndarray) -> None:
    np.save(folder / "image.npy", image)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"image": hash_file(folder / "image.npy")}))


@pytest.mark.parametrize("value", [np.nan, np.inf, 0])
def test_rows_of_a_store_that_was_sealed_anew_are_checked(value, teacher, pictures, root, folder):
    files = pictures(3)
    image = np.array(extract_features(teacher, root, files, folder).image)
    image[1] = value
    resealed(folder, image)
    store = FeatureStore.open(folder)
    with pytest.raises(InputError, match=r"image\.npy: a row is no unit row"):
        store.rows(files)
    assert store.rows([files[0], files[2]]).shape == (2, 24)


@pytest.mark.parametrize("field", ["teacher", "weights", "preprocessing", "precision", "views", "dtype"])
def test_a_key_of_another_type_is_named(field, teacher, pictures, root, folder):
    extract_features(teacher, root, pictures(1), folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for value in (None, [1], True, 1.5):
        path.write_text(json.dumps(manifest | {field: value}))
        with pytest.raises(InputError, match=rf"manifest\.json: {field} is "):
            FeatureStore.open(folder)


def test_a_foreign_manifest_is_left_alone(teacher, pictures, root, folder):
    files = pictures(1)
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "my web page"}')
    with pytest.raises(InputError, match=r"manifest.json: not written by a feature extraction"):
        extract_features(teacher, root, files, folder)


def test_progress_counts_to_the_number_asked_for(teacher, pictures, root, folder):
    files, told = pictures(7), []
    extract_features(teacher, root, files[:3], folder)
    extract_features(teacher, root, files, folder, batch_size=2, progress=lambda *told_: told.append(told_))
    assert told == [(3, 7), (5, 7), (7, 7)]
    extract_features(teacher, root, files, folder, progress=lambda *told_: pytest.fail("nothing is left to do"))


def test_extraction_does_not_move_the_global_generator(teacher, pictures, root, folder):
    files = pictures(3)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    extract_features(teacher, root, files, folder)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_no_list_of_files_is_refused(teacher, root, folder):
    with pytest.raises(InputError, match="no image files"):
        extract_features(teacher, root, [], folder)
    with pytest.raises(InputError, match="line break"):
        extract_features(teacher, root, ["a\nb.png"], folder)
    with pytest.raises(InputError, match="not valid UTF-8"):
        extract_features(teacher, root, ["a\udcff.png"], folder)


def test_a_store_that_is_not_there(folder):
    with pytest.raises(InputError, match=r"no features in it"):
        FeatureStore.open(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: the read-only store is not tested")
def test_a_read_only_store_is_read(teacher, pictures, root, folder):
    files = pictures(3)
    extract_features(teacher, root, files, folder)
    os.utime(root / files[0], ns=(10**18, 10**18))
    folder.chmod(0o555)
    try:
        assert len(extract_features(teacher, root, files, folder)) == 3
    finally:
        folder.chmod(0o755)


def test_rows_made_elsewhere_are_a_store_like_any_other(teacher, folder):
    rows = torch.nn.functional.normalize(torch.randn(3, teacher.width), dim=1)
    store = store_features(folder, teacher.key, ("c", "a", "b"), rows)
    assert store.files == ("c", "a", "b")
    torch.testing.assert_close(
        FeatureStore.open(folder, expected=teacher.key).rows(["b", "c"]), rows[[2, 0]], atol=1e-3, rtol=0
    )
    store_features(folder, teacher.key, ("d",), rows[:1])
    assert FeatureStore.open(folder).files == ("d",)

import json
import multiprocessing
import os
import pickle
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.data import pixel_cache, storage
from clipling.data.decode import UnreadableImage, decode_image
from clipling.data.folder import scan
from clipling.data.pixels import Pixels, open_pixels

Make = Callable[[dict[str, int]], Path]
ROOM = 1 << 30


@pytest.fixture
def cup(make_images: Make) -> Path:
    """Four images of 16 x 12 pixels, in two classes."""
    return make_images({"cup": 2, "tree": 2})


def opened(root: Path, files: tuple[str, ...] | None = None, size: int = 8, budget: int = ROOM, **more: Any) -> Pixels:
    names = scan(root).files if files is None else files
    more = {"workers": 2} | more
    return open_pixels(root, names, size=size, folder=root.parent / "pixels", budget_bytes=budget, **more)


def caches(root: Path) -> list[str]:
    return sorted(path.name for path in (root.parent / "pixels").iterdir() if path.is_dir())


def same(first: Pixels, second: Pixels) -> bool:
    return len(first) == len(second) and all(np.array_equal(first[row], second[row]) for row in range(len(first)))


def test_cached_and_live_pixels_are_the_same(photos: list[Path], tmp_path: Path) -> None:
    root, files = photos[0].parent, [photo.name for photo in photos[:30]]
    cached, live = (
        open_pixels(root, files, size=73, folder=tmp_path / "cache", budget_bytes=budget, workers=2)
        for budget in (ROOM, 0)
    )
    assert (cached.cached, live.cached) == (True, False)
    assert same(cached, live)
    for pixels in cached:
        assert min(pixels.shape[:2]) == 73
        assert not pixels.flags.writeable


def test_aspect_is_kept_and_nothing_enlarged(cup: Path) -> None:
    assert opened(cup, size=6)[0].shape == (6, 8, 3)
    assert opened(cup, size=12)[0].shape == (12, 16, 3)
    large = opened(cup, size=500)
    assert np.array_equal(large[3], np.asarray(decode_image(cup / large.files[3])))


def test_a_complete_cache_is_used_again_without_decoding(cup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(cup)
    monkeypatch.setattr(pixel_cache, "build_cache", None)
    monkeypatch.setattr(storage, "decode_image", None)
    assert same(opened(cup), first)


def test_a_part_is_served_by_the_whole(cup: Path) -> None:
    whole = opened(cup)
    part = opened(cup, ("tree/001.png", "cup/000.png", "tree/001.png"))
    assert part.cached
    assert len(caches(cup)) == 1
    assert [np.array_equal(part[i], whole[j]) for i, j in enumerate((3, 0, 3))] == [True] * 3


def test_another_size_is_another_cache(cup: Path) -> None:
    assert opened(cup, size=8)[0].shape == (8, 11, 3)
    assert opened(cup, size=4)[0].shape == (4, 5, 3)
    assert len(caches(cup)) == 2


def test_changed_files_are_decoded_again_and_the_old_cache_goes(cup: Path) -> None:
    opened(cup)
    before = caches(cup)
    Image.new("RGB", (20, 20), "red").save(cup / "cup/000.png")
    after = opened(cup)
    assert after[0][0, 0].tolist() == [255, 0, 0]
    assert len(caches(cup)) == 1
    assert caches(cup) != before
    os.utime(cup / "cup/000.png", ns=(1, 1))
    assert opened(cup, ("cup/000.png",)).cached
    assert len(caches(cup)) == 1


def test_another_storage_rule_is_another_cache(cup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(cup)
    before = caches(cup)
    monkeypatch.setattr(storage, "_RULE_VERSION", 2)
    opened(cup)
    assert len(caches(cup)) == 1
    assert caches(cup) != before


def test_two_roots_do_not_share_pixels(cup: Path) -> None:
    other = cup.parent / "other"
    shutil.copytree(cup, other)
    opened(cup)
    Image.new("RGB", (16, 12), "red").save(other / "cup/000.png")
    assert opened(other)[0][0, 0].tolist() == [255, 0, 0]
    assert len(caches(cup)) == 2


def test_beyond_the_budget_nothing_is_written(cup: Path) -> None:
    exact = sum(opened(cup)[row].nbytes for row in range(4))
    shutil.rmtree(cup.parent / "pixels")
    live = opened(cup, budget=exact - 1)
    assert not live.cached
    assert caches(cup) == []
    assert live[0].shape == (8, 11, 3)
    assert opened(cup, budget=exact).cached


def test_the_budget_is_exact_while_building(cup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_cache, "_estimate", lambda wanted: 0)
    assert not opened(cup, budget=100).cached
    assert caches(cup) == []


def test_the_budget_counts_what_lies_there(cup: Path) -> None:
    exact = sum(opened(cup)[row].nbytes for row in range(4))
    assert not opened(cup, size=7, budget=exact + 10).cached
    assert opened(cup, budget=exact).cached


def test_a_full_disk_means_decoding_live(cup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 1 << 40, 200 << 20))
    assert not opened(cup).cached


def test_an_unreadable_image_is_named_and_leaves_nothing(cup: Path) -> None:
    (cup / "tree/001.png").write_bytes(b"")
    with pytest.raises(UnreadableImage, match=r"tree/001\.png"):
        opened(cup)
    assert caches(cup) == []
    (cup / "tree/001.png").unlink()
    with pytest.raises(UnreadableImage, match=r"gone\.png.*no such file"):
        opened(cup, ("gone.png",))


def test_what_an_interrupted_build_left_is_replaced(cup: Path) -> None:
    opened(cup)
    (key,) = caches(cup)
    (cup.parent / "pixels" / key / "manifest.json").unlink()
    (cup.parent / "pixels" / key / "pixels.u8").write_bytes(b"half")
    assert same(opened(cup), opened(cup, budget=0))


def test_pixels_travel_to_another_process(cup: Path) -> None:
    pixels = opened(cup)
    sent = pickle.dumps(pixels)
    assert same(pickle.loads(sent), pixels)
    assert len(sent) < 2000
    shutil.rmtree(cup.parent / "pixels")
    assert same(pickle.loads(sent), pixels)


def _open_in_a_process(root: Path, results: Any) -> None:
    done: list[int] = []
    pixels = opened(root, progress=lambda count, total: done.append(count))
    results.put((pixels.cached, len(done) > 0, int(pixels[0].sum())))


def test_processes_at_once_build_one_cache(cup: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_open_in_a_process, args=(cup, results)) for _ in range(3)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert {(cached, total) for cached, _, total in found} == {(True, int(opened(cup)[0].sum()))}
    assert sum(built for _, built, _ in found) == 1
    assert len(caches(cup)) == 1


def test_progress_ends_with_all_images(cup: Path) -> None:
    calls: list[tuple[int, int]] = []
    opened(cup, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (4, 4)


def test_no_images_are_no_pixels(cup: Path) -> None:
    assert len(opened(cup, ())) == 0


def test_the_manifest_says_what_the_pixels_are(cup: Path) -> None:
    opened(cup)
    manifest = json.loads((cup.parent / "pixels" / caches(cup)[0] / "manifest.json").read_text())
    assert manifest["images"] == 4
    assert manifest["about"]["rule"]["size"] == 8


def test_a_place_that_cannot_be_written_is_named(cup: Path) -> None:
    (cup.parent / "pixels").write_text("in the way")
    with pytest.raises(InputError, match="pixels"):
        opened(cup)


def reshaped(path: Path) -> None:
    np.save(path, np.load(path)[:-1])


def renamed(path: Path) -> None:
    path.write_text(path.read_text().replace("cup/000.png", "cup/009.png"))


def shifted(path: Path) -> None:
    index = np.load(path)
    index[1, 1:] = index[1, :0:-1]
    np.save(path, index)


def restamped(path: Path) -> None:
    stamps = np.load(path)
    stamps[0] += 1
    np.save(path, stamps)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_root(path: Path) -> None:
    path.write_text(path.read_text().replace('"root": "', '"root": "/elsewhere'))


def of_trillions_of_rows(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"(4, ", b"(4000000000000, ").replace(b"            \n", b"\n"))


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


DAMAGE = [
    *((name, change) for name in ("pixels.u8", "index.npy", "stamps.npy", "files.txt") for change in (cut, emptied)),
    *(
        (name, change)
        for name in ("pixels.u8", "index.npy", "stamps.npy", "files.txt")
        for change in (Path.unlink, a_folder)
    ),
    *(("manifest.json", change) for change in (cut, emptied, of_another_root, deep)),
    ("index.npy", of_trillions_of_rows),
    ("index.npy", reshaped),
    ("index.npy", shifted),
    ("stamps.npy", reshaped),
    ("stamps.npy", restamped),
    ("files.txt", renamed),
]


@pytest.mark.parametrize(("name", "change"), DAMAGE)
def test_a_damaged_cache_is_named_and_made_anew(
    cup: Path, name: str, change: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    assert opened(cup).cached
    (key,) = caches(cup)
    change(cup.parent / "pixels" / key / name)
    again = opened(cup)
    assert again.cached
    assert same(again, opened(cup, budget=0))
    assert [key in record.getMessage() and "damaged" in record.getMessage() for record in caplog.records] == [True]
    caplog.clear()
    assert opened(cup).cached
    assert not caplog.records


def test_a_damaged_cache_of_more_images_is_no_obstacle(cup: Path, caplog: pytest.LogCaptureFixture) -> None:
    opened(cup)
    (key,) = caches(cup)
    emptied(cup.parent / "pixels" / key / "index.npy")
    part = opened(cup, ("tree/001.png",))
    assert part.cached
    assert same(part, opened(cup, ("tree/001.png",), budget=0))
    assert caches(cup) != [key]
    assert key in caplog.text


def test_a_folder_where_the_lock_belongs(cup: Path) -> None:
    (cup.parent / "pixels/.lock").mkdir(parents=True)
    with pytest.raises(InputError, match=r"\.lock.*a folder of that name stands where a file is needed"):
        opened(cup)

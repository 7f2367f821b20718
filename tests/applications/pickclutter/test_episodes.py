"""Files in the published layout, whole and broken."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from clipling.applications.pickclutter.episodes import Episodes, Observation, write_episodes
from clipling.contracts.errors import InputError

CAMERAS = ("dict_str_base_camera", "dict_str_hand_camera")


def scene(name: str, seed: int, *objects: str) -> Observation:
    draw = np.random.default_rng(seed)
    rgb = [draw.integers(0, 256, (6, 8, 3), np.uint8) for _ in range(2)]
    depth = [draw.uniform(0, 2, (6, 8, 1)).astype(np.float32) for _ in range(2)]
    return Observation(name, rgb[0], depth[0], rgb[1], depth[1], objects)


SCENES = [scene("traj_10", 0, "011_banana", "062_dice"), scene("traj_2", 1), scene("traj_1", 2, "013_apple")]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    write_episodes(tmp_path / "scenes.h5", SCENES, {"seed": 7})
    return tmp_path / "scenes.h5"


def test_what_was_written_is_read_in_the_order_of_names(recorded: Path) -> None:
    episodes = Episodes(recorded)
    assert episodes.names == ("traj_1", "traj_10", "traj_2")
    assert episodes.objects == ("011_banana", "013_apple", "062_dice")
    assert episodes.labels() == {"traj_1": ("013_apple",), "traj_10": ("011_banana", "062_dice"), "traj_2": ()}
    assert episodes.attributes["seed"] == 7
    for read, written in zip(episodes, sorted(SCENES, key=lambda each: each.name), strict=True):
        assert (read.name, read.objects) == (written.name, written.objects)
        for part in ("base_rgb", "base_depth", "hand_rgb", "hand_depth"):
            np.testing.assert_array_equal(getattr(read, part), getattr(written, part))
            assert getattr(read, part).dtype == getattr(written, part).dtype


def test_a_file_of_the_published_layout_is_read_as_it_is(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "theirs.h5", "w") as file:
        for name in ("b", "a"):
            for camera in CAMERAS:
                file[f"{name}/{camera}/dict_str_rgb"] = np.full((4, 4, 3), 9, np.uint8)
                file[f"{name}/{camera}/dict_str_depth"] = np.full((4, 4, 1), 0.5, np.float32)
            file[f"{name}/model_ids"] = np.array([b"011_banana"])
            file[f"{name}/traj_type"] = b"random"
    first = Episodes(tmp_path / "theirs.h5")[0]
    assert (first.name, first.objects, first.hand_depth.max()) == ("a", ("011_banana",), 0.5)


def test_a_worker_gets_the_names_and_opens_the_file_itself(recorded: Path) -> None:
    episodes = Episodes(recorded)
    assert episodes[0].name == "traj_1"
    again = pickle.loads(pickle.dumps(episodes))
    assert again[1].objects == ("011_banana", "062_dice")


def _remove_depth(file: Any) -> None:
    del file["traj_10/dict_str_hand_camera/dict_str_depth"]


def _other_size(file: Any) -> None:
    del file["traj_10/dict_str_hand_camera/dict_str_rgb"]
    file["traj_10/dict_str_hand_camera/dict_str_rgb"] = np.zeros((4, 4, 3), np.uint8)


def _other_kind(file: Any) -> None:
    del file["traj_10/dict_str_base_camera/dict_str_rgb"]
    file["traj_10/dict_str_base_camera/dict_str_rgb"] = np.zeros((6, 8, 3), np.float32)


def _no_number(file: Any) -> None:
    file["traj_10/dict_str_base_camera/dict_str_depth"][2, 3] = np.nan


def _negative(file: Any) -> None:
    file["traj_10/dict_str_base_camera/dict_str_depth"][2, 3] = -1


def _no_labels(file: Any) -> None:
    del file["traj_10/model_ids"]


def _other(inside: str, value: Any) -> Any:
    def damage(file: Any) -> None:
        del file[f"traj_10/{inside}"]
        file[f"traj_10/{inside}"] = value

    return damage


def _no_group(file: Any) -> None:
    del file["traj_10"]
    file["traj_10"] = 3


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_remove_depth, "has no dict_str_hand_camera/dict_str_depth"),
        (_other_size, r"expected uint8 of \(6, 8, 3\), as in the first episode"),
        (_other_kind, "is float32"),
        (_no_number, "negative, infinite or no number"),
        (_negative, "negative, infinite or no number"),
        (_no_labels, "has no model_ids"),
        (_other(f"{CAMERAS[0]}/dict_str_rgb", np.zeros((6, 8, 3), np.uint16)), "is uint16 of .*expected uint8"),
        (_other(f"{CAMERAS[0]}/dict_str_depth", np.full((6, 8, 1), 700, np.uint16)), "is uint16 .*float32 metres"),
        (_other("model_ids", b"011_banana"), r"expected a row of byte strings .*not object of \(\)"),
        (_other("model_ids", np.array([11])), "expected a row of byte strings .*not int64"),
        (_other("model_ids", np.array([[b"011_banana"]])), r"not \|S10 of \(1, 1\)"),
        (_other("model_ids", np.array([b"011_\xff"])), "expected a row of byte strings .*can't decode"),
        (_no_group, "has no dict_str_base_camera/dict_str_rgb"),
    ],
)
def test_a_broken_episode_is_named_with_its_file(damage: Any, said: str, recorded: Path) -> None:
    with h5py.File(recorded, "r+") as file:
        damage(file)
    episodes = Episodes(recorded)
    assert episodes[0].name == "traj_1"
    with pytest.raises(InputError, match=rf"scenes\.h5: episode 'traj_10': .*{said}"):
        episodes[1]


def test_the_first_episode_too_has_pictures(recorded: Path) -> None:
    with h5py.File(recorded, "r+") as file:
        del file["traj_1/dict_str_base_camera/dict_str_rgb"]
        file["traj_1/dict_str_base_camera/dict_str_rgb"] = np.zeros(7, np.uint8)
    with pytest.raises(InputError, match=r"'traj_1': .* is of \(7,\); expected \(height, width, 3\)"):
        Episodes(recorded)[0]


def test_an_object_beyond_the_known_ones_is_named(recorded: Path) -> None:
    with pytest.raises(InputError, match=r"episode 'traj_10': unknown object '062_dice'"):
        Episodes(recorded, known=["011_banana", "013_apple"]).labels()


def test_a_file_that_was_cut_short_or_is_none_is_refused(recorded: Path, tmp_path: Path) -> None:
    whole = recorded.read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.h5").write_text("no scenes")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    for name, said in (
        ("cut.h5", "not a complete HDF5 file"),
        ("text.h5", "not a complete HDF5 file"),
        ("absent.h5", "no such file"),
        ("empty.h5", "no episode in it"),
    ):
        with pytest.raises(InputError, match=rf"{name}: {said}"):
            Episodes(tmp_path / name)


def test_a_writer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def half() -> Any:
        yield SCENES[0]
        raise InputError("no more")

    with pytest.raises(InputError, match="no more"):
        write_episodes(tmp_path / "scenes.h5", half())
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_the_scenes_written(tmp_path: Path) -> None:
    counted: list[int] = []
    write_episodes(tmp_path / "scenes.h5", (replace(SCENES[0], name=str(i)) for i in range(3)), None, counted.append)
    assert counted == [1, 2, 3]


def test_a_disk_that_takes_no_more_is_an_error_and_no_crash(tmp_path: Path) -> None:
    """HDF5 takes the process down when it cannot write what it holds; it is not told."""
    out = tmp_path / "scenes.h5"
    code = (
        "import resource, sys, numpy as np\n"
        "from clipling.applications.pickclutter.episodes import Observation, write_episodes\n"
        "rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)\n"
        "depth = np.ones((64, 64, 1), np.float32)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
        f"write_episodes({str(out)!r}, (Observation(str(i), rgb, depth, rgb, depth, ()) for i in range(9)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert f"InputError: cannot write {out}: the file would grow larger than is allowed" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("absent", "needed_by", "said"),
    [("h5py", "episodes", "recorded scenes need h5py"), ("mujoco", "simulation", "the simulation needs mujoco")],
)
def test_without_the_extra_the_message_says_how_to_get_it(absent: str, needed_by: str, said: str) -> None:
    code = f"import sys\nsys.modules[{absent!r}] = None\nimport clipling.applications.pickclutter.{needed_by}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(f"InputError: {said}: pip install 'clipling[pickclutter]'")

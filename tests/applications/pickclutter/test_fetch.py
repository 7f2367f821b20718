"""Against a server on this machine that speaks the protocol of the Hub."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from clipling.applications.pickclutter.episodes import Observation, write_episodes
from clipling.applications.pickclutter.fetch import SOURCE
from workflows.hub import local_hub


def fetch(address: str, to: Path, *tokens: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clipling", "pickclutter", "fetch", "--to", str(to), *tokens],
        env={**os.environ, "HF_ENDPOINT": address, "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def recorded(folder: Path) -> bytes:
    rgb, depth = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 1), np.float32)
    scenes = [Observation(name, rgb, depth, rgb, depth, ("011_banana",)) for name in ("traj_0", "traj_1")]
    write_episodes(folder / "scenes.h5", scenes)
    return (folder / "scenes.h5").read_bytes()


def test_the_files_of_the_data_set_arrive_and_are_looked_at(tmp_path: Path) -> None:
    scenes = recorded(tmp_path)
    with local_hub() as hub:
        hub.repos[SOURCE] = False
        hub.files |= {"random_val.h5": scenes, "README.md": b"read me"}
        done = fetch(hub.address, tmp_path / "here", "--check")
        assert done.returncode == 0, done.stderr
        assert "random_val.h5: 2 scenes, 1 objects" in done.stdout
        assert (tmp_path / "here/random_val.h5").read_bytes() == scenes
        assert not (tmp_path / "here/README.md").exists()
        hub.files["cut.h5"] = scenes[: len(scenes) // 2]
        done = fetch(hub.address, tmp_path / "there")
        assert (done.returncode, "cut.h5: not a complete HDF5 file" in done.stderr) == (2, True)


def test_what_is_not_to_be_had_is_said_without_a_traceback(tmp_path: Path) -> None:
    with local_hub() as hub:
        done = fetch(hub.address, tmp_path / "here", "--source", "no/thing")
        assert "'no/thing': no such data set on the Hub" in done.stderr
        hub.drops = True
        dropped = fetch(hub.address, tmp_path / "here")
        assert (dropped.returncode, "the Hub is out of reach" in dropped.stderr) == (2, True)
    gone = fetch(hub.address, tmp_path / "here")
    assert "the Hub is out of reach" in gone.stderr
    assert "clipling pickclutter simulate" in gone.stderr
    assert (done.returncode, gone.returncode) == (2, 2)
    assert "Traceback" not in done.stderr + gone.stderr
    assert list(tmp_path.iterdir()) == []

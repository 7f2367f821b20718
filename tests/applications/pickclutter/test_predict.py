from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipling.applications.pickclutter.episodes import Episodes, Observation
from clipling.applications.pickclutter.predict import predict
from clipling.cli import main
from clipling.contracts.errors import InputError
from clipling.workflows.run import Run


@pytest.fixture
def four(files: Path, tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    """The second ood scene as four files."""
    seen: Observation = Episodes(files / "ood.h5")[1]
    for camera in ("base", "hand"):
        Image.fromarray(getattr(seen, f"{camera}_rgb")).save(tmp_path / f"{camera}.png")
        np.save(tmp_path / f"{camera}.npy", getattr(seen, f"{camera}_depth")[:, :, 0])
    return {
        "rgb": (tmp_path / "base.png", tmp_path / "hand.png"),
        "depth": (tmp_path / "base.npy", tmp_path / "hand.npy"),
    }


def test_four_files_are_the_recorded_scene(finished: Run, files: Path, four: dict[str, tuple[Path, Path]]) -> None:
    recorded = predict(finished.folder, ask=["banana", "bowl"], scenes=files / "ood.h5", episode="episode_001")
    assert predict(finished.folder, ask=["banana", "bowl"], **four).scores == pytest.approx(recorded.scores)
    assert list(recorded.scores) == ["banana", "bowl"]


def test_from_the_shell_with_a_picture(
    finished: Run, four: dict[str, tuple[Path, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for name, pair in four.items() for word in (f"--{name}", *map(str, pair))]
    drawn = tmp_path / "scene.png"
    ask = ["--ask", "banana", "--ask", "wood block"]
    with pytest.raises(SystemExit) as stopped:
        main(["pickclutter", "predict", str(finished.folder), *options, *ask, "--picture", str(drawn)])
    assert not stopped.value.code
    assert "wood block" in capsys.readouterr().out
    with Image.open(drawn) as image:
        assert image.width > image.height > 100
        assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 100


def test_what_cannot_be_looked_at(finished: Run, files: Path, four: dict[str, tuple[Path, Path]]) -> None:
    scenes = files / "ood.h5"
    with pytest.raises(InputError, match="either --rgb"):
        predict(finished.folder)
    with pytest.raises(InputError, match="either --rgb"):
        predict(finished.folder, **four, scenes=scenes)
    with pytest.raises(InputError, match="--depth is missing"):
        predict(finished.folder, rgb=four["rgb"])
    with pytest.raises(InputError, match="unknown episode 'episode_01': did you mean 'episode_00"):
        predict(finished.folder, scenes=scenes, episode="episode_01")
    with pytest.raises(InputError, match=r"base\.png: no NumPy array of depths"):
        predict(finished.folder, rgb=four["rgb"], depth=four["rgb"])
    with pytest.raises(InputError, match="episode 'episode_001' is one of a file: give --scenes"):
        predict(finished.folder, episode="episode_001", **four)
    hand = four["depth"][1]
    np.savez(hand.with_name("pair.npz"), depth=np.ones((48, 48)))
    np.save(hand.with_name("millimetres.npy"), np.full((48, 48), 700, np.uint16))
    for name, said in (("pair.npz", "an archive of arrays"), ("millimetres.npy", "uint16")):
        with pytest.raises(InputError, match=rf"{name}: depths are {said}.*expected one array of metres"):
            predict(finished.folder, rgb=four["rgb"], depth=(hand.with_name(name), hand))
    with pytest.raises(InputError, match=r"scene\.gif: expected a name that ends in \.png, \.jpg"):
        predict(finished.folder, picture=hand.with_name("scene.gif"), **four)
    with pytest.raises(InputError, match="asked for 2 times"):
        predict(finished.folder, ask=["bowl", "bowl"], **four)

from pathlib import Path

import pytest
import torch
from PIL import Image

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.teaching import hand_features
from clipling.aviary import teacher_spec
from clipling.teacher.tower import Teacher, load_teacher


def test_the_hand_cameras_pictures_are_encoded_once(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, episodes = load_teacher(teacher_spec()), Episodes(files / "ood.h5")
    store = hand_features(teacher, episodes, tmp_path)
    picture = teacher.prepare(Image.fromarray(episodes[4].hand_rgb))
    torch.testing.assert_close(store.rows([episodes.names[4]]), teacher.encode_image(picture[None]), atol=2e-3, rtol=0)

    def busy(*_: object) -> None:
        raise AssertionError("the teacher looks again")

    monkeypatch.setattr(Teacher, "encode_image", busy)
    assert hand_features(teacher, episodes, tmp_path).files == episodes.names
    with pytest.raises(AssertionError, match="looks again"):
        hand_features(teacher, Episodes(files / "id.h5"), tmp_path)

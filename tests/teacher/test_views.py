from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.data.decode import decode_image
from clipling.teacher import Teacher
from clipling.teacher.store import extract_features
from clipling.teacher.views import Views

Pictures = Callable[..., list[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "features"


def views(teacher: Teacher, count: int = 4) -> Views:
    return Views(teacher.pixels, count, 2, 9)


def test_the_first_view_is_the_image_and_the_others_are_changed(
    teacher: Teacher, pictures: Pictures, root: Path, folder: Path
) -> None:
    files = pictures(7)
    store = extract_features(teacher, root, files, folder, views=views(teacher), batch_size=3)
    single = extract_features(teacher, root, files, folder.with_name("single"))
    rows = store.rows(files)
    assert (rows.shape, store.width) == ((7, 4, teacher.width), teacher.width)
    torch.testing.assert_close(rows[:, 0], single.rows(files), atol=1e-3, rtol=0)
    torch.testing.assert_close(rows.norm(dim=-1), torch.ones(7, 4))
    assert all(len(torch.unique(of_one, dim=0)) > 2 for of_one in rows)


def test_a_view_depends_on_the_image_and_its_number_alone(teacher: Teacher, pictures: Pictures, root: Path) -> None:
    image, other = (decode_image(root / file) for file in pictures(2))
    before = torch.get_rng_state()
    several = views(teacher).prepare(image)
    views(teacher).prepare(other)
    assert torch.equal(views(teacher).prepare(image), several)
    assert torch.equal(views(teacher, 2).prepare(image), several[:2])
    assert torch.equal(torch.get_rng_state(), before)


def test_views_of_another_kind_are_refused(teacher: Teacher, pictures: Pictures, root: Path, folder: Path) -> None:
    files = pictures(2)
    extract_features(teacher, root, files, folder, views=views(teacher))
    for other, said in (
        (None, "views: stored 4, wanted 1"),
        (views(teacher, 3), "views: stored 4, wanted 3"),
        (Views(teacher.pixels, 4, 1, 9), "randaugment.operations: stored 2, wanted 1"),
    ):
        with pytest.raises(InputError, match=said):
            extract_features(teacher, root, files, folder, views=other)


def test_only_new_images_are_looked_at(
    teacher: Teacher, encoded: Any, pictures: Pictures, root: Path, folder: Path
) -> None:
    files = pictures(3)
    first = extract_features(teacher, root, files[:2], folder, views=views(teacher)).rows(files[:2])
    assert encoded.images == 8
    both = extract_features(teacher, root, files, folder, views=views(teacher))
    assert encoded.images == 12
    assert torch.equal(both.rows(files[:2]), first)

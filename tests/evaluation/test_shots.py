from collections import Counter

import pytest

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.evaluation.shots import draw_shots, halves, taught

SIZES = {"owl": 6, "tit": 4, "wren": 9}
OOD = tuple(f"{label}/{number}.png" for label, size in SIZES.items() for number in range(size))


def split_of(*ood: str) -> Split:
    labels = {file: file.split("/")[0] for file in (*ood, "crow/0.png", "crow/1.png")}
    unseen = tuple(sorted({labels[file] for file in ood}))
    return Split(("crow/0.png",), ("crow/1.png",), ood, ("crow",), unseen, labels)


def test_a_draw_takes_so_many_of_each_class_once() -> None:
    shots = draw_shots(split_of(*OOD), ("owl", "tit", "wren"), 3, seed=0, draw=0)
    assert len(set(shots)) == 9
    assert [file.split("/")[0] for file in shots] == ["owl"] * 3 + ["tit"] * 3 + ["wren"] * 3


def test_a_draw_depends_on_seed_draw_and_class_alone() -> None:
    whole, alone = split_of(*OOD), split_of(*(file for file in reversed(OOD) if file.startswith("wren")))
    drawn = {(seed, draw): draw_shots(whole, ("wren",), 3, seed=seed, draw=draw) for seed in (0, 1) for draw in (0, 1)}
    assert draw_shots(alone, ("wren",), 3, seed=0, draw=0) == drawn[0, 0]
    assert len(set(drawn.values())) == 4
    assert draw_shots(whole, ("owl", "wren"), 3, seed=0, draw=0)[3:] == drawn[0, 0]
    assert draw_shots(whole, ("wren",), 2, seed=0, draw=0) == drawn[0, 0][:2], "fewer shots are among more"


def test_every_image_has_its_turn() -> None:
    drawn = Counter(file for draw in range(300) for file in draw_shots(split_of(*OOD), ("owl",), 2, seed=0, draw=draw))
    assert set(drawn) == {file for file in OOD if file.startswith("owl")}
    assert min(drawn.values()) > 70, "each about a hundred times"


@pytest.mark.parametrize(("shots", "said"), [(4, "class 'tit' has 4 images.*--shots 3"), (0, "at least 1")])
def test_a_class_that_is_too_small_is_named(shots: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        draw_shots(split_of(*OOD), ("owl", "tit", "wren"), shots, seed=0, draw=0)


def test_shots_are_trained_on_and_no_longer_evaluated() -> None:
    split = split_of(*OOD)
    shots = draw_shots(split, ("owl", "wren"), 2, seed=0, draw=0)
    after = taught(split, shots)
    assert after.train == ("crow/0.png", *shots)
    assert set(after.ood) == set(OOD) - set(shots)
    assert after.id == split.id
    assert (after.seen_classes, after.unseen_classes) == (("crow", "owl", "wren"), ("tit",))


def test_halves_share_no_class_and_leave_none_out() -> None:
    classes = [f"class{number}" for number in range(7)]
    first, second = halves(classes, seed=0)
    assert (len(first), len(second)) == (4, 3)
    assert sorted(first + second) == classes
    assert halves(classes[::-1], seed=0) == (first, second)
    assert halves(classes, seed=1) != (first, second)
    with pytest.raises(InputError, match="at least 2"):
        halves(["one"], seed=0)

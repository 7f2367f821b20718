import pytest

from clipling.contracts.errors import InputError
from clipling.data.orders import balanced_order, epoch_order, few_in_batch, steps_per_epoch


def test_order_depends_on_seed_and_epoch_only() -> None:
    orders = [epoch_order(50, 2, seed=seed, epoch=epoch).tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert orders[0] == epoch_order(50, 2, seed=0, epoch=0).tolist()
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert orders[0][:50] != orders[0][50:]


def test_steps_fill_whole_batches_only() -> None:
    assert steps_per_epoch(100, 32) == 3
    assert steps_per_epoch(100, 32, 2) == 6
    with pytest.raises(InputError, match="--batch-size is 64, but there are only 50 training images"):
        steps_per_epoch(50, 64)
    assert steps_per_epoch(50, 64, 2) == 1
    assert steps_per_epoch(100, 32, few=500) == 6
    assert steps_per_epoch(100, 32, few=7) == 4
    with pytest.raises(InputError, match="only 10 training images to fill it beside 16 few shots"):
        steps_per_epoch(10, 32, few=40)


@pytest.mark.parametrize(("images", "few", "batch"), [(100, 500, 32), (100, 7, 32), (33, 16, 32), (9, 3, 5)])
def test_every_batch_is_balanced(images: int, few: int, batch: int) -> None:
    order = balanced_order(images, few, batch, 2, seed=0, epoch=3)
    batches = order.reshape(-1, batch)
    assert len(batches) == steps_per_epoch(images, batch, 2, few)
    for rows in batches.tolist():
        shots = [row for row in rows if row >= images]
        assert len(shots) == len(set(shots)) == few_in_batch(few, batch) <= batch / 2
        assert max(rows) < images + few
    seen = [row for row in order.tolist() if row < images]
    assert max(seen.count(row) for row in seen) <= 2  # an epoch passes over the training images as often as asked
    assert len(seen) > 2 * images - batch


def test_balanced_order_depends_on_seed_and_epoch_only_and_mixes() -> None:
    orders = [
        balanced_order(40, 20, 10, 1, seed=seed, epoch=epoch).tolist() for seed, epoch in ((0, 1), (0, 2), (1, 1))
    ]
    assert orders[0] == balanced_order(40, 20, 10, 1, seed=0, epoch=1).tolist()
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert len({tuple(row >= 40 for row in orders[0][start : start + 10]) for start in range(0, 80, 10)}) > 1
    assert len({row for row in orders[0] if row >= 40}) > 10, "each batch draws its own shots"


def test_without_shots_it_is_the_plain_order() -> None:
    assert balanced_order(40, 0, 16, 2, seed=5, epoch=1).tolist() == epoch_order(40, 2, seed=5, epoch=1).tolist()

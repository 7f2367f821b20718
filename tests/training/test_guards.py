import math

import pytest
import torch
from torch.nn.functional import normalize

from clipling.contracts.errors import InputError
from clipling.training.guards import FiniteLoss, LearnsSomething, chance_levels, check_teacher


def test_a_teacher_at_chance_stops_and_one_above_does_not() -> None:
    with pytest.raises(InputError, match=r"at chance.*chance is 10\.0%.*--no-guards"):
        check_teacher(0.11, images=400, classes=10)
    check_teacher(0.2, images=400, classes=10)
    check_teacher(1.0, images=4, classes=2)


def test_a_loss_that_is_not_finite_names_the_files_of_its_own_batch() -> None:
    guard = FiniteLoss(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    guard.watch(torch.tensor(1.0), torch.tensor([0, 1]))
    guard.watch(torch.tensor(math.nan), torch.tensor([2, 3]))
    with pytest.raises(InputError, match=r"not finite; the batch held: c\.jpg, d\.jpg;"):
        guard.watch(torch.tensor(1.0), torch.tensor([0, 1]))


def test_the_last_batch_of_an_epoch_is_checked_too() -> None:
    guard = FiniteLoss(["a.jpg"])
    guard.watch(torch.tensor(math.inf), torch.tensor([0]))
    with pytest.raises(InputError, match=r"a\.jpg"):
        guard.flush()


def test_chance_of_mse_is_what_the_best_constant_reaches() -> None:
    rows = normalize(torch.randn(500, 6, generator=torch.Generator().manual_seed(1)) + 1, dim=1)
    chance = chance_levels(rows, classes=10, batch_size=32)
    constant = normalize(rows.mean(0), dim=0)
    assert chance["mse"] == pytest.approx(float(((rows - constant) ** 2).sum(1).mean()), abs=1e-5)
    others = normalize(torch.randn(50, 6, generator=torch.Generator().manual_seed(2)), dim=1)
    assert all(float(((rows - other) ** 2).sum(1).mean()) >= chance["mse"] for other in others)
    assert (chance["cls"], chance["im_cst"]) == (math.log(10), math.log(32))


def test_still_at_chance_after_500_steps_stops() -> None:
    guard = LearnsSomething({"cls": math.log(10)}, steps_per_epoch=200)
    stuck = {"loss": 2.3, "cls": math.log(10)}
    guard.check(1, stuck)
    guard.check(2, stuck)
    with pytest.raises(InputError, match=r"after 3 epochs.*still at chance: cls 2\.303.*--no-guards"):
        guard.check(3, stuck)


def test_nothing_is_judged_while_the_rate_rises() -> None:
    stuck = {"loss": 2.3, "cls": math.log(10)}
    guard = LearnsSomething({"cls": math.log(10)}, steps_per_epoch=200, not_before=5)
    for epoch in range(1, 5):
        guard.check(epoch, stuck)
    with pytest.raises(InputError, match="after 5 epochs"):
        guard.check(5, stuck)


def test_one_loss_below_chance_is_enough() -> None:
    guard = LearnsSomething({"cls": math.log(10), "mse": 1.0}, steps_per_epoch=1000)
    guard.check(1, {"loss": 3.0, "cls": math.log(10), "mse": 0.9})
    with pytest.raises(InputError):
        guard.check(1, {"loss": 3.4, "cls": math.log(10), "mse": 1.0})


def test_losses_without_a_chance_level_are_not_judged() -> None:
    LearnsSomething({"cls": 2.3}, steps_per_epoch=1000).check(1, {"loss": 9.0, "vl_prox": 9.0})

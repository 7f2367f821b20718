import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import mean_class_accuracy


def test_it_is_one_for_the_labels_themselves_and_zero_for_none():
    labels = torch.tensor([0, 2, 2, 1])
    logits = torch.eye(3)[labels]
    assert mean_class_accuracy(logits, labels) == 1.0
    assert mean_class_accuracy(logits, (labels + 1) % 3) == 0.0


def test_worked_number_counts_classes_not_images():
    predicted = torch.tensor([0, 0, 0, 0, 1, 0])
    labels = torch.tensor([0, 0, 0, 0, 1, 1])
    # class 0: 4 of 4, class 1: 1 of 2, class 2 does not occur: 0.75, not 5 / 6
    assert mean_class_accuracy(torch.eye(3)[predicted], labels) == 0.75


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_it_equals_a_naive_loop(dtype):
    generator = torch.Generator().manual_seed(0)
    logits, labels = (
        torch.randn(200, 7, generator=generator).to(dtype),
        torch.randint(0, 6, (200,), generator=generator),
    )
    shares = []
    for c in sorted(set(labels.tolist())):
        mine = [i for i in range(200) if labels[i] == c]
        shares.append(sum(logits[i].tolist().index(max(logits[i].tolist())) == c for i in mine) / len(mine))
    accuracy = mean_class_accuracy(logits, labels)
    assert isinstance(accuracy, float)
    assert accuracy == pytest.approx(sum(shares) / len(shares), abs=1e-15)


def test_of_equal_logits_the_lower_class_is_predicted():
    assert mean_class_accuracy(torch.zeros(2, 3), torch.tensor([0, 2])) == 0.5


def test_minus_infinity_masks_a_class_but_nan_is_refused():
    logits = torch.tensor([[-torch.inf, 0.0], [1.0, 0.0]])
    assert mean_class_accuracy(logits, torch.tensor([1, 0])) == 1.0
    logits[1, 0] = torch.nan
    with pytest.raises(InputError, match="logits: row 1 holds NaN"):
        mean_class_accuracy(logits, torch.tensor([1, 0]))


@pytest.mark.parametrize("label", [-100, -1, 3])
def test_labels_outside_the_logits_are_named(label):
    with pytest.raises(InputError, match=f"labels: row 1 is class {label}, expected 0 to 2"):
        mean_class_accuracy(torch.zeros(2, 3), torch.tensor([0, label]))


def test_empty_and_unpaired_sets_are_refused(shapes_unchecked):
    with pytest.raises(InputError, match="logits has 0 rows"):
        mean_class_accuracy(torch.empty(0, 3), torch.empty(0, dtype=torch.long))
    with pytest.raises(InputError, match="logits has 2 rows and labels 3"):
        mean_class_accuracy(torch.zeros(2, 3), torch.tensor([0, 1, 2]))

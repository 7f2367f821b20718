from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from clipling import losses
from clipling.contracts.encoders import NO_LABEL, Embeddings
from clipling.training.config import LossConfig
from clipling.training.objective import objective


@pytest.fixture
def batch() -> tuple[torch.Tensor, Embeddings]:
    draw = torch.Generator().manual_seed(0)
    rows = [normalize(torch.randn(n, 8, generator=draw), dim=1) for n in (6, 6, 4, 6)]
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    return rows[0].requires_grad_(), Embeddings(rows[1], rows[2], labels, rows[3])


def test_every_named_part_is_the_loss_of_that_name(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    config = LossConfig(cls=1, mse=2, im_cst=3, vl_prox=4, cap=5, k=3)
    parts = objective(config, image, target)
    assert target.caption is not None
    expected = {
        "cls": losses.classification(image, target.text, target.labels),
        "mse": losses.feature_mse(image, target.image),
        "im_cst": losses.image_contrastive(image, target.image),
        "vl_prox": losses.proximal_alignment(image, target.image, target.text, target.labels, k=3),
        "cap": losses.caption_contrastive(image, target.caption, target.labels),
    }
    for name, value in expected.items():
        torch.testing.assert_close(parts[name], value)
    total = sum(getattr(config, name) * value for name, value in expected.items())
    torch.testing.assert_close(parts["loss"], total)
    assert parts["loss"].requires_grad


def test_weight_zero_leaves_a_loss_out(batch: tuple[torch.Tensor, Embeddings]) -> None:
    assert objective(LossConfig(mse=1), *batch).keys() == {"loss", "mse"}


def test_temperature_reaches_every_loss(batch: tuple[torch.Tensor, Embeddings]) -> None:
    for name in ("cls", "im_cst", "vl_prox", "cap"):
        warm, cold = (
            objective(LossConfig(**{name: 1.0}, k=3, filter_misaligned=False, temperature=t), *batch)
            for t in (1.0, 0.1)
        )
        assert not torch.isclose(warm["loss"], cold["loss"]), name


def test_filter_of_im_cst_drops_misaligned_images(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    keep = losses.aligned(target.image, target.text, target.labels)
    assert 0 < int(keep.sum()) < len(keep)
    filtered = objective(LossConfig(im_cst=1, filter_im_cst=True), image, target)["loss"]
    torch.testing.assert_close(filtered, losses.image_contrastive(image, target.image, keep=keep))


def test_im_cst_can_go_one_way(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    one_way = objective(LossConfig(im_cst=1, bidirectional=False), image, target)["loss"]
    torch.testing.assert_close(one_way, losses.image_contrastive(image, target.image, bidirectional=False))
    assert not torch.isclose(one_way, objective(LossConfig(im_cst=1), image, target)["loss"])


def test_captions_that_are_not_there_are_an_error(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    bare = Embeddings(target.image, target.text, target.labels)
    with pytest.raises(ValueError, match="cap"):
        objective(LossConfig(cap=1), image, bare)


ALL = LossConfig(cls=1, mse=1, im_cst=1, vl_prox=1, cap=1, k=3, filter_misaligned=False)


def test_images_without_a_label_teach_what_needs_none(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    known = torch.tensor([0, 2, 5])
    labels = torch.full((6,), NO_LABEL)
    labels[known] = target.labels[known]
    parts = objective(ALL, image, replace(target, labels=labels, some_unlabelled=True))
    assert target.caption is not None
    few = replace(target, image=target.image[known], labels=target.labels[known], caption=target.caption[known])
    whole, part = objective(ALL, image, target), objective(ALL, image[known], few)
    for name in ("mse", "im_cst"):
        assert torch.equal(parts[name], whole[name])
    for name in ("cls", "vl_prox", "cap"):
        assert torch.equal(parts[name], part[name])


def test_a_batch_without_any_label_has_no_gradient_from_what_needs_one(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    nothing = replace(target, labels=torch.full((6,), NO_LABEL), some_unlabelled=True)
    parts = objective(LossConfig(cls=1, vl_prox=1, cap=1), image, nothing)
    assert [float(part.detach()) for part in parts.values()] == [0, 0, 0, 0]
    parts["loss"].backward()
    assert image.grad is not None
    assert not image.grad.any()


def test_where_all_have_labels_nothing_changes(batch: tuple[torch.Tensor, Embeddings]) -> None:
    image, target = batch
    parts, same = (objective(ALL, image, replace(target, some_unlabelled=flag)) for flag in (False, True))
    assert all(torch.equal(parts[name], same[name]) for name in parts)

import pytest
import torch
from open_clip.transformer import Transformer
from torch import Tensor, nn

from clipling.teacher.packing import Packing, packed

SHARED, LENGTH = 4, 7


def rows_that_begin_alike(texts: int) -> Tensor:
    torch.manual_seed(0)
    rows = torch.randn(texts, LENGTH, 32)
    rows[:, :SHARED] = rows[0, :SHARED]
    return rows.requires_grad_()


def causal(length: int) -> Tensor:
    return torch.full((length, length), -torch.inf).triu(1)


@pytest.mark.parametrize("texts", [2, 19, 20, 41])
def test_a_causal_transformer_gives_packs_what_it_gives_the_texts_one_by_one(texts: int):
    torch.manual_seed(1)
    transformer = Transformer(width=32, layers=3, heads=2).eval().requires_grad_(False)
    rows, weights = rows_that_begin_alike(texts), torch.randn(texts, LENGTH - SHARED, 32)
    packing = Packing(texts, LENGTH, SHARED)
    assert packing.packs == -(-texts // 20)
    alone = transformer(rows, attn_mask=causal(LENGTH))
    with packed(transformer, packing):
        together = transformer(rows, attn_mask=causal(LENGTH))
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    mine, whole = (torch.autograd.grad((x[:, SHARED:] * weights).sum(), rows)[0] for x in (together, alone))
    torch.testing.assert_close(mine[:, SHARED:], whole[:, SHARED:], atol=1e-5, rtol=1e-4)
    shared = [grad[:, :SHARED].sum(dim=0) for grad in (mine, whole)]  # what reaches the one beginning they are made of
    torch.testing.assert_close(*shared, atol=1e-4, rtol=1e-4)
    assert not transformer._forward_hooks
    assert not transformer._forward_pre_hooks


def test_in_packs_the_beginning_is_computed_once_for_all_texts_of_a_pack():
    class Places(nn.Module):
        seen = 0

        def forward(self, rows: Tensor, attn_mask: Tensor) -> Tensor:
            self.seen = rows.shape[0] * rows.shape[1]
            assert attn_mask.shape == (rows.shape[1], rows.shape[1])
            return rows

    transformer = Places()
    rows = rows_that_begin_alike(41)
    with packed(transformer, Packing(41, LENGTH, SHARED)):
        assert torch.equal(transformer(rows, attn_mask=causal(LENGTH)), rows)
    assert transformer.seen == 3 * (SHARED + 14 * (LENGTH - SHARED))
    assert transformer.seen < 41 * LENGTH


@pytest.mark.parametrize(
    ("length", "together", "saves"), [(5, 50, True), (34, 2, True), (35, 1, False), (77, 1, False)]
)
def test_a_pack_takes_as_many_texts_as_it_has_room_for(length: int, together: int, saves: bool):
    packing = Packing(50, length, SHARED)
    assert (packing.together, packing.saves) == (together, saves)


def test_packs_of_which_one_would_be_mostly_filling_are_not_worth_it():
    assert not Packing(3, 32, 2).saves  # two packs of two endings of 30 places, one of them for nothing

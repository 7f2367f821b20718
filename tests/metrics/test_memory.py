import pytest
import torch

from clipling.metrics import m_neigh, m_rel, m_vlalign
from clipling.tensors import HELD

N = 8500  # N x N is more than is held at once


@pytest.mark.parametrize(
    "metric",
    [
        m_rel,
        lambda s, t: m_neigh(s, t, 3),
        lambda s, t: m_vlalign(s, t, t, 2),
        lambda s, t: m_vlalign(s, t, t[:99], 99),
    ],
    ids=["m_rel", "m_neigh", "m_vlalign-many-texts", "m_vlalign-many-pairs"],
)
def test_the_whole_matrix_is_never_held(rows, largest, metric):
    student, teacher = rows(N, 4, 1, torch.float32), rows(N, 4, 2, torch.float32)
    with largest:
        metric(student, teacher)
    assert largest.numel <= HELD < N * N

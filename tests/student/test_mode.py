"""Evaluation mode is lent, not taken."""

import pytest
from torch import nn

from clipling.student import evaluation_mode


def test_every_part_gets_its_own_mode_back():
    net = nn.Sequential(nn.BatchNorm2d(2), nn.Sequential(nn.Dropout(), nn.BatchNorm2d(2)))
    net.train()
    net[1][1].eval()  # a frozen batch norm inside a network in training
    with evaluation_mode(net):
        assert not any(part.training for part in net.modules())
    assert [part.training for part in net.modules()] == [True, True, True, True, False]


def test_the_mode_comes_back_after_an_error():
    net = nn.Dropout()
    with pytest.raises(ZeroDivisionError), evaluation_mode(net):
        1 / 0  # noqa: B018
    assert net.training


def test_a_network_in_evaluation_mode_stays_there():
    net = nn.Dropout().eval()
    with evaluation_mode(net):
        pass
    assert not net.training

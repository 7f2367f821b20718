import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.language.classes import encode_classes


def test_one_template_is_a_plain_encoding(encoder):
    rows = encode_classes(encoder, ["cat", "dog"], ["Furry.", None])
    assert torch.equal(rows, encoder.encode_text(["a photo of cat . Furry.", "a photo of dog"]))


def test_several_templates_give_the_normalised_mean(encoder):
    rows = encode_classes(encoder, ["bb"], templates=["{}", "{}aa", "a{name}a"])
    # (0, 1), and twice (1, 1) / sqrt 2, in the directions of a and b
    mean = torch.tensor([2 / 3 / 2**0.5, (1 + 2**0.5) / 3])
    torch.testing.assert_close(rows[0, :2], mean / mean.norm())
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(1))


def test_the_order_of_templates_does_not_count_but_the_classes_do(encoder):
    one = encode_classes(encoder, ["cat", "dog"], templates=["{}", "big {}"])
    other = encode_classes(encoder, ["dog", "cat"], templates=["big {}", "{}"])
    torch.testing.assert_close(one, other.flip(0))


def test_what_does_not_fit_is_refused(encoder):
    with pytest.raises(InputError, match="1 descriptions for 2 class names"):
        encode_classes(encoder, ["cat", "dog"], ["Furry."])
    with pytest.raises(InputError, match="at least one template"):
        encode_classes(encoder, ["cat"], templates=[])
    with pytest.raises(InputError, match="expected a list"):
        encode_classes(encoder, ["cat"], templates="a photo of {}")

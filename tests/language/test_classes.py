import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.language.classes import encode_classes


def test_one_text_a_class_is_a_plain_encoding(encoder):
    texts = ["a photo of cat . Furry.", "a photo of dog"]
    assert torch.equal(encode_classes(encoder, [(text,) for text in texts]), encoder.encode_text(texts))


def test_several_texts_give_the_normalised_mean(encoder):
    rows = encode_classes(encoder, [["bb", "bbaa", "abba"]])
    # (0, 1), and twice (1, 1) / sqrt 2, in the directions of a and b
    mean = torch.tensor([2 / 3 / 2**0.5, (1 + 2**0.5) / 3])
    torch.testing.assert_close(rows[0, :2], mean / mean.norm())
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(1))


def test_the_order_of_texts_does_not_count_but_the_classes_do(encoder):
    one = encode_classes(encoder, [("cat", "big cat"), ("dog", "big dog")])
    other = encode_classes(encoder, [("big dog", "dog"), ("big cat", "cat")])
    torch.testing.assert_close(one, other.flip(0))


@pytest.mark.parametrize("texts", [[], [()], [("cat", "big cat"), ("dog",)], ["cat", "dog"]])
def test_what_are_no_class_texts_is_refused(encoder, texts):
    with pytest.raises(InputError, match="the same number of texts"):
        encode_classes(encoder, texts)

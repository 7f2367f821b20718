import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.language.captions import encode_captions

CAPTIONS = {"x/1.png": "ab", "x/2.png": "b", "x/3.png": "c"}


def test_rows_follow_the_files_whatever_the_batch(encoder):
    files = ["x/3.png", "x/1.png", "x/2.png", "x/1.png"]
    whole = encode_captions(encoder, CAPTIONS, files)
    assert torch.equal(whole, encoder.encode_text(["c", "ab", "b", "ab"]))
    encoder.asked.clear()
    assert torch.equal(encode_captions(encoder, CAPTIONS, files, batch=3), whole)
    assert encoder.asked == [3, 1]


def test_no_files_give_no_rows(encoder):
    assert encode_captions(encoder, CAPTIONS, []).shape == (0, 26)


def test_files_without_a_caption_are_named(encoder):
    with pytest.raises(InputError, match=r"2 of 3 images have no caption: 'x/8.png', 'x/9.png'; .*captions.jsonl"):
        encode_captions(encoder, {**CAPTIONS, "x/8.png": " "}, ["x/1.png", "x/8.png", "x/9.png"])


def test_a_long_list_of_them_is_cut(encoder):
    with pytest.raises(InputError, match=r"'5\.png' and 93 more"):
        encode_captions(encoder, {}, [f"{i}.png" for i in range(3, 99)])


def test_a_batch_of_nothing_is_refused(encoder):
    with pytest.raises(InputError, match="batch is 0"):
        encode_captions(encoder, CAPTIONS, ["x/1.png"], batch=0)

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from clipling.aviary import teacher_spec
from clipling.contracts.encoders import PromptedTextEncoder
from clipling.contracts.errors import InputError
from clipling.teacher import Teacher, load_teacher, prompting

NAMES = ["dog", "red cat", "a red, red dog of a cat", "cat"]
KINDS = ["native", "custom", "siglip", "siglip_itself", "hugging_face"]


def behind_words(teacher: Teacher, words: str, names: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of the names behind the words as vectors, and what the teacher says of the whole texts."""
    context = teacher.embed_words(words)
    assert context.shape == (len(words.split()), teacher.token_width)
    return teacher.prompted(names, len(context))(context), teacher.encode_text([f"{words} {name}" for name in names])


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_that_are_words_give_what_the_words_give(kind, request):
    teacher = load_teacher(f"local-dir:{request.getfixturevalue(kind)}")
    assert isinstance(teacher, PromptedTextEncoder)
    vectors, words = behind_words(teacher, "a photo of", NAMES)
    torch.testing.assert_close(vectors, words, atol=1e-5, rtol=0)
    assert not torch.allclose(vectors[0], vectors[1], atol=1e-3)


@pytest.mark.parametrize("spec", [teacher_spec(), "the test bed's"])
def test_so_they_do_in_trained_teachers(spec, request):
    if spec == "the test bed's":
        spec = f"local-dir:{request.getfixturevalue('test_bed') / 'teacher'}"
    teacher = load_teacher(spec)
    names = ["wren", "red-billed tropicbird", "kite . A raptor with long wings and a forked tail, seen over water."]
    vectors, words = behind_words(teacher, "a photo of", names)
    torch.testing.assert_close(vectors, words, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_reaches_the_vectors_and_nothing_else(kind, request):
    teacher = load_teacher(f"local-dir:{request.getfixturevalue(kind)}")
    context = (0.02 * torch.randn(2, teacher.token_width)).requires_grad_()
    rows = teacher.prompted(NAMES, 2)(context)
    rows[:, 0].sum().backward()
    assert context.grad is not None
    assert bool((context.grad.abs().sum(dim=1) > 0).all())
    assert all(parameter.grad is None for parameter in teacher.parameters())
    hooks = [module for module in teacher.modules() if module._forward_hooks]
    assert not hooks


def test_chunks_and_recomputed_activations_change_nothing(native, monkeypatch):
    teacher = load_teacher(f"local-dir:{native}")
    names = ["dog", "a red red red dog", "cat", "red cat", "of of of of of"] * 4
    context = (0.02 * torch.randn(3, teacher.token_width)).requires_grad_()
    answers = []
    for chunk, kept in ((10**6, 10**6), (40, 10**6), (40, 60)):
        monkeypatch.setattr(prompting, "_CHUNK", {"cpu": chunk})
        monkeypatch.setattr(prompting, "_KEPT", kept)
        rows = teacher.prompted(names, 3)(context)
        (gradient,) = torch.autograd.grad((rows * torch.arange(24)).sum(), context)
        answers.append((rows.detach(), gradient))
    for rows, gradient in answers[1:]:
        torch.testing.assert_close(rows, answers[0][0], atol=1e-6, rtol=0)
        torch.testing.assert_close(gradient, answers[0][1], atol=1e-5, rtol=1e-4)


def test_only_as_many_tokens_are_read_as_the_longest_text_has(native, hugging_face, siglip, monkeypatch):
    read = []
    encode = prompting.TextTower.encode
    monkeypatch.setattr(
        prompting.TextTower, "encode", lambda tower, ids, c: (read.append(ids.shape[1]), encode(tower, ids, c))[1]
    )
    for folder in (native, hugging_face, siglip):
        teacher = load_teacher(f"local-dir:{folder}")
        teacher.prompted(["dog", "red cat"], 2)(teacher.embed_words("a photo"))
    assert read == [6, 6, 12]  # two vectors, two words, two marks; SigLIP's reads its padding


def test_a_causal_tower_reads_the_vectors_once_for_many_texts_and_projects_all_places_at_once(native, siglip):
    class Products(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function in (torch.ops.aten.addmm.default, torch.ops.aten.bmm.default):
                left, right = args[-2:]
                if right.shape[-1] == 3 * teacher.token_width:  # queries, keys and values
                    projected.append(tuple(left.shape))
            return function(*args, **(kwargs or {}))

    projected = []
    for folder in (native, siglip):
        teacher = load_teacher(f"local-dir:{folder}")
        texts, context = teacher.prompted(["dog", "red cat", "cat"] * 4, 3), teacher.embed_words("a photo of")
        with Products():
            texts(context.requires_grad_())
        assert not [part for part in teacher.modules() if part._forward_hooks or part._forward_pre_hooks]
    packed, each = (1 + 3) + 12 * 3, 12 * 12  # SigLIP's looks ahead: every text by itself, padding too
    assert projected == [(packed, 32), (each, 32)]  # a product for each place would have three dimensions


def test_the_callers_autocast_decides_the_precision(native):
    teacher = load_teacher(f"local-dir:{native}")
    texts, context = teacher.prompted(NAMES, 3), teacher.embed_words("a photo of")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = texts(context)
    assert half.dtype == torch.float32
    assert not torch.equal(half, texts(context))
    assert (half * texts(context)).sum(dim=1).min() > 0.99


def test_texts_can_be_encoded_without_the_image_tower(native):
    teacher = load_teacher(f"local-dir:{native}")
    before, weights = teacher.encode_text(NAMES), sum(p.numel() for p in teacher.parameters())
    teacher.forget_images()
    assert sum(p.numel() for p in teacher.parameters()) < weights
    assert torch.equal(teacher.encode_text(NAMES), before)
    assert teacher.prompted(NAMES, 1)(teacher.embed_words("a")).shape == (4, 24)


def test_what_cannot_be_a_prompt_is_refused(native, hugging_face, monkeypatch):
    teacher = load_teacher(f"local-dir:{native}")
    for vectors in (0, 10):
        with pytest.raises(InputError, match=rf"{vectors} learned vectors: .* fewer than the 10 words"):
            teacher.prompted(NAMES, vectors)
    with pytest.raises(InputError, match="' ' holds no words"):
        teacher.embed_words(" ")
    with pytest.raises(InputError, match=r"context of shape \(2, 32\); expected \(3, 32\)"):
        teacher.prompted(NAMES, 3)(teacher.embed_words("a photo"))
    monkeypatch.setattr(prompting, "_STAND_IN", "aardvark-like")  # several tokens
    with pytest.raises(InputError, match="tokenizer does not read 'aardvark-like aardvark-like' as 2 words"):
        teacher.prompted(NAMES, 2)


def test_a_tower_without_token_embeddings_is_refused():
    class Odd(torch.nn.Module):
        transformer = torch.nn.Identity()

    with pytest.raises(InputError, match="text tower Odd shows no token embeddings"):
        prompting.TextTower(Odd(), lambda texts: torch.zeros(len(texts), 4), 4)


def test_a_text_that_no_longer_fits_behind_the_vectors_is_noticed(native):
    teacher = load_teacher(f"local-dir:{native}")
    fits = " ".join(["dog"] * 7)
    assert teacher.truncated([fits, fits + " dog"], vectors=3) == [False, True]

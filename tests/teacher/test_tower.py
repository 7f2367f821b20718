import json
import shutil
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import load, save_file

from clipling.contracts.encoders import ImageEncoder, TextEncoder
from clipling.contracts.errors import InputError
from clipling.teacher import Teacher, load_teacher

TEXTS = ["a photo of a dog", "a red cat", "dog", "a photo of a red, red, red dog of a cat of a dog, a photo of a cat"]
KINDS = ["native", "siglip", "hugging_face"]


def open_clips_own(spec: str, images: list[Image.Image], texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    model, _, transform = open_clip.create_model_and_transforms(spec)
    model.eval()
    with torch.no_grad():
        rows = model.encode_image(torch.stack([transform(image) for image in images]), normalize=True)
        return rows, model.encode_text(open_clip.get_tokenizer(spec)(texts), normalize=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tower_equals_open_clip(kind, request, monkeypatch):
    folder = request.getfixturevalue(kind)
    images = [Image.effect_noise((w, h), 90).convert("RGB") for w, h in [(50, 40), (33, 90), (32, 32), (20, 21)]]
    teacher = load_teacher(f"local-dir:{folder}")
    monkeypatch.chdir(folder)  # open_clip itself finds a relative text tower only from there
    image, text = open_clips_own(f"local-dir:{folder}", images, TEXTS)
    ours = teacher.encode_image(torch.stack([teacher.prepare(picture) for picture in images]))
    torch.testing.assert_close(ours, image, atol=1e-5, rtol=0)
    torch.testing.assert_close(teacher.encode_text(TEXTS), text, atol=1e-5, rtol=0)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours.norm(dim=1), torch.ones(4))


@pytest.mark.shared
def test_the_real_teacher_equals_open_clip_on_photographs(test_bed, photos):
    spec = f"local-dir:{test_bed / 'teacher'}"
    images = [Image.open(path).convert("RGB") for path in photos[:6]]
    teacher = load_teacher(spec)
    image, text = open_clips_own(spec, images, TEXTS)
    ours = teacher.encode_image(torch.stack([teacher.prepare(picture) for picture in images]))
    torch.testing.assert_close(ours, image, atol=1e-5, rtol=0)
    torch.testing.assert_close(teacher.encode_text(TEXTS), text, atol=1e-5, rtol=0)
    assert (teacher.width, teacher.image_size, teacher.context_length) == (256, 96, 77)


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_prepare_is_open_clips_transform_to_the_last_bit(resize_mode, interpolation, native, tmp_path):
    folder = Path(shutil.copytree(native, tmp_path / "other"))
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"] |= {"resize_mode": resize_mode, "interpolation": interpolation, "fill_color": 7}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    teacher = load_teacher(f"local-dir:{folder}")
    transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")[2]
    for size in [(70, 50), (31, 64)]:
        picture = Image.effect_noise(size, 90).convert("RGB")
        prepared = teacher.prepare(picture)
        assert prepared.dtype == torch.uint8
        assert torch.equal(teacher.pixels.normalised(prepared[None])[0], transform(picture))
    assert teacher.preprocessing == {"size": 32, **config["preprocess_cfg"]}


def test_a_teacher_is_an_encoder_of_both(teacher):
    assert isinstance(teacher, ImageEncoder)
    assert isinstance(teacher, TextEncoder)


def test_it_stays_frozen_whatever_is_asked(teacher):
    holder = torch.nn.ModuleList([teacher])
    holder.train().requires_grad_(True)
    teacher.train(True).requires_grad_(True)
    assert not any(module.training for module in teacher.modules())
    with torch.enable_grad():
        rows = teacher.encode_image(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
        texts = teacher.encode_text(["a dog"])
    assert not rows.requires_grad
    assert not texts.requires_grad
    assert not any(parameter.requires_grad for parameter in teacher.parameters())


def test_its_rows_may_take_part_in_a_students_gradient(teacher):
    student = torch.ones(2, 24, requires_grad=True)
    (student * teacher.encode_image(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))).sum().backward()
    assert student.grad is not None


def test_texts_in_chunks_are_the_same_texts(native, teacher):
    teacher.text_batch = 3
    texts = [f"a photo of {i}" for i in range(7)]
    chunked = teacher.encode_text(texts)
    torch.testing.assert_close(chunked, load_teacher(f"local-dir:{native}").encode_text(texts), atol=1e-6, rtol=0)
    assert teacher.encode_text([]).shape == (0, 24)


@pytest.mark.parametrize(("kind", "marks"), [("native", 2), ("siglip", 1), ("hugging_face", 2)])
def test_truncated_is_exact_at_the_limit(kind, marks, request):
    teacher = load_teacher(f"local-dir:{request.getfixturevalue(kind)}")
    room = teacher.context_length - marks
    fits, exceeds = " ".join(["dog"] * room), " ".join(["dog"] * (room + 1))
    assert teacher.truncated(["dog", fits, exceeds, ""]) == [False, False, True, False]
    same = teacher.encode_text([exceeds, exceeds + " cat"])
    torch.testing.assert_close(same[0], same[1], atol=1e-6, rtol=0)  # what comes after is indeed not read


def test_tokens_tell_which_texts_are_the_same_to_it(siglip, native):
    cleaned = [f"a photo of {name}" for name in ("C", "C++", "C#", "c!")]
    assert len(set(load_teacher(f"local-dir:{siglip}").tokens(cleaned))) == 1
    clip = load_teacher(f"local-dir:{native}")
    assert len(set(clip.tokens(cleaned))) == 4
    assert clip.tokens(["a Photo", "c"])[0] == clip.tokens(["a photo"])[0]
    long = "word " * 100
    assert len({*clip.tokens([long + "one", long + "two"])}) == 1


def test_the_weights_hash_tells_weights_and_nothing_else(native, tmp_path):
    folder = Path(shutil.copytree(native, tmp_path / "moved" / native.name))
    before = load_teacher(f"local-dir:{native}")
    same = load_teacher(f"local-dir:{folder}")
    assert (same.weights_hash, same.id, same.key) == (before.weights_hash, before.id, before.key)
    weights = load((folder / "open_clip_model.safetensors").read_bytes())
    weights["visual.proj"][0, 0] += 1e-3
    save_file(weights, folder / "open_clip_model.safetensors")
    assert load_teacher(f"local-dir:{folder}").weights_hash != before.weights_hash


def test_half_precision_stays_near_and_has_another_key(native, teacher):
    images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    half = load_teacher(f"local-dir:{native}", precision="bf16")
    rows = half.encode_image(images)
    assert rows.dtype == torch.float32
    assert (rows * teacher.encode_image(images)).sum(dim=1).min() > 0.99
    assert half.key != teacher.key


def test_an_outer_autocast_does_not_reach_a_teacher_in_full_precision(teacher):
    images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rows = teacher.encode_image(images)
    assert torch.equal(rows, teacher.encode_image(images))


def test_images_of_another_size_are_refused(teacher):
    with pytest.raises(InputError, match="32 x 32 pixels, not 48 x 32"):
        teacher.encode_image(torch.zeros(1, 3, 48, 32, dtype=torch.uint8))


def test_a_device_or_precision_that_is_none_is_refused(native):
    with pytest.raises(InputError, match="device 'gpu9'"):
        load_teacher(f"local-dir:{native}", device="gpu9")
    with pytest.raises(InputError, match="did you mean 'bf16'"):
        load_teacher.__wrapped__(f"local-dir:{native}", precision="bf61")


def test_the_room_is_loaded_lazily():
    import clipling.teacher

    assert clipling.teacher.Teacher is Teacher
    with pytest.raises(AttributeError, match="no attribute 'Pupil'"):
        clipling.teacher.Pupil  # noqa: B018

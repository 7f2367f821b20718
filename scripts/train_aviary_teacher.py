"""Train the teacher of the aviary: contrast between pictures of random birds and true captions of them.

    python scripts/train_aviary_teacher.py                  # trains, writes src/clipling/aviary/teacher, evaluates it
    python scripts/train_aviary_teacher.py --evaluate       # evaluates the teacher that is there

Like CLIP, the teacher has met every trait and every word, but no picture of the data set: its birds have any
combination of traits and come from another stream of random numbers. It runs on a CPU; docs/aviary.md says how long.

Shapes: T traits, B birds in a batch, C species, D embedding width; a caption has up to 77 tokens.
"""

import argparse
import io
import math
import os
import time
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image
from random_birds import Birds, batches, random_birds
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from clipling import files
from clipling.aviary import SPECIES, TEACHER
from clipling.aviary.dataset import bird_image
from clipling.aviary.species import TRAITS

MODEL = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 3},
}
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic", "resize_mode": "shortest"}


def looked_at(images: Tensor) -> Tensor:
    """Normalised pixels (B, 3, 64, 64) as floats; half of the pictures zoomed and shifted a little, half mirrored."""
    count = len(images)
    theta = torch.zeros(count, 2, 3)
    moved = (torch.rand(count) < 0.5).float()
    zoom = 1 + moved * (torch.rand(count) * 0.45 - 0.25)
    theta[:, 0, 0] = zoom * torch.where(torch.rand(count) < 0.5, 1.0, -1.0)
    theta[:, 1, 1] = zoom
    theta[:, :, 2] = moved[:, None] * (torch.rand(count, 2) - 0.5) * 0.16
    grid = F.affine_grid(theta, [count, 3, 64, 64], align_corners=False)
    return F.grid_sample((images.float() / 255 - 0.5) / 0.25, grid, padding_mode="reflection", align_corners=False)


def encode_text(model: open_clip.CLIP, tokens: Tensor) -> Tensor:
    """`model.encode_text` without the padding that all rows share: attention is causal, so the result is the same."""
    tokens = tokens[:, : int(tokens.argmax(dim=1).max()) + 1]
    length = tokens.shape[1]
    x = model.token_embedding(tokens) + model.positional_embedding[:length]
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
    return x[torch.arange(len(x)), tokens.argmax(dim=1)] @ model.text_projection


def contrast(image: Tensor, text: Tensor, scale: Tensor, traits: Tensor, told: Tensor) -> Tensor:
    """Symmetric contrast of images and captions (B, D), where another bird of which a caption is true is left out."""
    same = traits[:, None] == traits[None]  # (B, B, T)
    also_true = (same | ~told[None]).all(dim=2) & ~torch.eye(len(image), dtype=torch.bool)  # image by caption
    logits = scale * F.normalize(image.float(), dim=1) @ F.normalize(text.float(), dim=1).T
    logits = logits.masked_fill(also_true, -torch.inf)
    target = torch.arange(len(image))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


class TraitReader(torch.nn.Module):
    """Reads the traits from an embedding, of image and text alike, by one linear map; dropped after training.

    Contrast alone tells an image apart from its batch; reading asks for every trait at once, which learns sooner.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.counts = [len(values) for values in TRAITS.values()]
        self.read = torch.nn.Linear(width, sum(self.counts))

    def forward(self, embedding: Tensor, traits: Tensor, told: Tensor) -> Tensor:
        """Cross-entropy of the told traits, mean over them; embedding (B, D), traits (B, T), told (B, T)."""
        logits = self.read(8 * F.normalize(embedding.float(), dim=1)).split(self.counts, dim=1)
        losses = [F.cross_entropy(part, traits[:, i].long(), reduction="none") for i, part in enumerate(logits)]
        return (torch.stack(losses, dim=1) * told).sum() / told.sum()


def train(birds: Birds, *, epochs: int, batch: int, rate: float, seed: int) -> open_clip.CLIP:
    """A new model, trained with AdamW and a cosine schedule after a short warm-up."""
    torch.manual_seed(seed)
    model = open_clip.CLIP(**MODEL).to(memory_format=torch.channels_last).train()
    reader = TraitReader(MODEL["embed_dim"])
    plain = [p for p in model.parameters() if p.ndim < 2] + [model.token_embedding.weight, model.positional_embedding]
    decayed = [p for p in model.parameters() if all(p is not q for q in plain)]
    groups = [
        {"params": decayed, "weight_decay": 0.05},
        {"params": plain, "weight_decay": 0.0},
        {"params": reader.parameters()},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    steps = epochs * (len(birds.images) // batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / steps)))
    )
    began = time.monotonic()
    for step, (images, traits, tokens, told) in enumerate(batches(birds, batch, epochs, seed)):
        with torch.autocast("cpu", torch.bfloat16):
            image = model.encode_image(looked_at(images).contiguous(memory_format=torch.channels_last))
        text = encode_text(model, tokens)  # float32: at this width bfloat16 is no faster
        loss = contrast(image, text, model.logit_scale.exp(), traits, told)
        loss = loss + reader(image, traits, torch.ones_like(told)) + reader(text, traits, told)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        model.logit_scale.data.clamp_(0, math.log(100))
        if step % 50 == 0:
            print(f"step {step}/{steps}  loss {loss.item():.3f}  {time.monotonic() - began:.0f} s", flush=True)
    return model.eval()


def write_teacher(model: open_clip.CLIP, birds: Birds, folder: Path) -> None:
    """Write the folder that open_clip reads. Words of no caption become zero: they say nothing, and compress well."""
    used = torch.zeros(model.token_embedding.num_embeddings, dtype=torch.bool)
    used[torch.from_numpy(np.unique(birds.tokens).astype(np.int64))] = True
    weights = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    weights["token_embedding.weight"][~used] = 0
    contiguous = {name: value.contiguous() for name, value in weights.items()}
    files.write_json(folder / "open_clip_config.json", {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS})
    files.write_bytes(folder / "open_clip_model.safetensors", save(contiguous))


@torch.inference_mode()
def evaluate(folder: Path, images: int = 30) -> None:
    """Print the zero-shot accuracy, mean over classes, on the held-out pictures of the data set with seed 0."""
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    pictures = (Image.open(io.BytesIO(bird_image(bird, index))) for bird in SPECIES for index in range(images))
    pixels = torch.stack([preprocess(picture) for picture in pictures])
    image = torch.cat([model.encode_image(part, normalize=True) for part in pixels.split(256)])
    seen = torch.tensor([bird.seen for bird in SPECIES])
    for form in ("a photo of {name}", "a photo of {name} . {text}"):
        texts = [form.format(name=bird.name, text=bird.description) for bird in SPECIES]
        logits = (image @ model.encode_text(tokenizer(texts), normalize=True).T).view(len(SPECIES), images, -1)
        halves = {"seen": seen, "unseen": ~seen, "all": torch.ones_like(seen)}
        accuracies = {name: _accuracy(logits[half][:, :, half]) for name, half in halves.items()}
        print(f"{form:28}", "  ".join(f"{name} {accuracy:.3f}" for name, accuracy in accuracies.items()))


def _accuracy(logits: Tensor) -> float:
    """Share of pictures whose own species wins; logits (C, images of each, C), so that all species count alike."""
    return (logits.argmax(dim=2) == torch.arange(len(logits))[:, None]).float().mean().item()


def main() -> None:
    """Parse the command line, train unless told to evaluate only, and evaluate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--evaluate", action="store_true", help="only evaluate the teacher in --out")
    parser.add_argument("--out", type=Path, default=TEACHER, help="folder of the teacher")
    parser.add_argument("--birds", type=int, default=40_000, help="random birds to draw")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of one step; 1 on a busy machine")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if not asked.evaluate:
        began = time.monotonic()
        birds = random_birds(asked.birds, asked.seed)
        print(f"drew {asked.birds} birds in {time.monotonic() - began:.0f} s", flush=True)
        model = train(birds, epochs=asked.epochs, batch=asked.batch, rate=asked.rate, seed=asked.seed)
        write_teacher(model, birds, asked.out)
        print(f"wrote {asked.out} after {time.monotonic() - began:.0f} s")
    evaluate(asked.out)


if __name__ == "__main__":
    main()

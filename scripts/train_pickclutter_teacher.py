"""Train a teacher for the simulated PickClutter: contrast between pictures of the hand camera and true sentences.

    python scripts/train_pickclutter_teacher.py --out teacher --measure ood.h5      # trains, writes, measures
    python scripts/train_pickclutter_teacher.py --out teacher --measure ood.h5 --trained

Like CLIP it has met all 26 objects, their names and descriptions, alone and in company; no scene of it is one of a
benchmark (its seeds begin where those of `clipling pickclutter simulate` end). It runs on a CPU.

Shapes: B pictures in a batch, O objects, D embedding width.
"""

import argparse
import math
import random
import time
from pathlib import Path

import open_clip
import torch
from pickclutter_pictures import PIXELS, Pictures, batches, pictures
from PIL import Image
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from clipling import files
from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.objects import OBJECTS

MODEL = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": PIXELS, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 3},
}
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic", "resize_mode": "shortest"}
THINGS = tuple(OBJECTS.values())
SENTENCES = (
    "a photo of {}",
    "a photo of {} in a tray",
    "You can find {} in this image.",
    "You can find {} in this image, except a robot arm.",
    "{}",
)
MEASURED = ("You can find {} in this image, except a robot arm.", "a photo of {}", "a photo of {} . {}")
"""Texts it is measured by: of the name, or of name and description."""


def sentence(things: list[int], chance: random.Random) -> str:
    """A true sentence about some of the objects of a picture, half of the time with what they look like."""
    words = [f"a {THINGS[i].name}" for i in things]
    if len(things) == 1 and chance.random() < 0.5:
        return f"{chance.choice(SENTENCES).format(words[0])} . {THINGS[things[0]].description}"
    return chance.choice(SENTENCES).format(" and ".join(words) or "nothing")


def encode_text(model: open_clip.CLIP, tokens: Tensor) -> Tensor:
    """`model.encode_text` without the padding that all rows share: attention is causal, so the result is the same."""
    tokens = tokens[:, : int(tokens.argmax(dim=1).max()) + 1]
    length = tokens.shape[1]
    x = model.token_embedding(tokens) + model.positional_embedding[:length]
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
    return x[torch.arange(len(x)), tokens.argmax(dim=1)] @ model.text_projection


def contrast(logits: Tensor, present: Tensor, told: Tensor) -> Tensor:
    """Symmetric contrast (B, B) of pictures and sentences, without other pictures of which a sentence is true."""
    also_true = (present[:, None] | ~told[None]).all(dim=2) & ~torch.eye(len(logits), dtype=torch.bool)
    logits, target = logits.masked_fill(also_true, -torch.inf), torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


class Teaching:
    """The losses of one batch: whole sentences against pictures, and for each object whether it is there."""

    def __init__(self, model: open_clip.CLIP, seed: int) -> None:
        self.model = model
        self.tokenizer = open_clip.SimpleTokenizer()
        self.chance = random.Random(seed)
        self.offset = torch.nn.Parameter(torch.tensor(-2.0))

    def loss(self, images: Tensor, present: Tensor) -> Tensor:
        """Images (B, 3, H, W) uint8, present (B, O) bool."""
        there = [row.nonzero().flatten().tolist() for row in present]
        told = [self.chance.sample(things, min(len(things), self.chance.randint(1, 3))) for things in there]
        texts = [sentence(things, self.chance) for things in told]
        asked = [sentence([thing], self.chance) for thing in range(len(THINGS))]
        with torch.autocast("cpu", torch.bfloat16):
            pixels = ((images.float() / 255 - 0.5) / 0.25).contiguous(memory_format=torch.channels_last)
            image = self.model.encode_image(pixels)
        image = F.normalize(image.float(), dim=1)
        text = F.normalize(encode_text(self.model, self.tokenizer(texts + asked)), dim=1)
        logits = self.model.logit_scale.exp() * image @ text.T
        mentioned = torch.zeros_like(present)
        for row, things in enumerate(told):
            mentioned[row, things] = True
        answers = F.binary_cross_entropy_with_logits(logits[:, len(texts) :] + self.offset, present.float())
        return contrast(logits[:, : len(texts)], present, mentioned) / 4 + 8 * answers


def train(seen: Pictures, *, epochs: int, batch: int, rate: float, seed: int) -> open_clip.CLIP:
    """A new model, trained with AdamW and a cosine schedule after a short warm-up."""
    torch.manual_seed(seed)
    model = open_clip.CLIP(**MODEL).to(memory_format=torch.channels_last).train()
    teaching = Teaching(model, seed)
    plain = [p for p in model.parameters() if p.ndim < 2] + [model.token_embedding.weight, model.positional_embedding]
    decayed = [p for p in model.parameters() if all(p is not q for q in plain)]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": [*plain, teaching.offset], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    steps = epochs * (len(seen) // batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / steps)))
    )
    began = time.monotonic()
    for step, (images, present) in enumerate(batches(seen, batch, epochs, seed)):
        loss = teaching.loss(images, present)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        model.logit_scale.data.clamp_(0, math.log(100))
        if step % 25 == 0:
            print(f"step {step}/{steps}  loss {loss.item():.3f}  {time.monotonic() - began:.0f} s", flush=True)
    return model.eval()


def write_teacher(model: open_clip.CLIP, folder: Path) -> None:
    """Write the folder that open_clip reads, usable as `local-dir:FOLDER`."""
    weights = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    files.write_json(folder / "open_clip_config.json", {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS})
    files.write_bytes(
        folder / "open_clip_model.safetensors", save({name: value.contiguous() for name, value in weights.items()})
    )


@torch.inference_mode()
def measure(folder: Path, scenes: Path) -> None:
    """Print and write the teacher's zero-shot figures on recorded scenes, from the hand camera alone."""
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    episodes = Episodes(scenes, known=OBJECTS)
    pixels = torch.stack([preprocess(Image.fromarray(scene.hand_rgb)) for scene in episodes])
    image = torch.cat([model.encode_image(part, normalize=True) for part in pixels.split(100)])
    present = torch.tensor([[thing.model_id in there for thing in THINGS] for there in episodes.labels().values()])
    seen = torch.tensor([thing.seen for thing in THINGS])
    figures, objects = {}, {}
    for form in MEASURED:
        texts = [form.format(f"a {thing.name}", thing.description) for thing in THINGS]
        scores = image @ model.encode_text(tokenizer(texts), normalize=True).T
        objects[form] = {
            thing.name: mean_average_precision(scores[:, [place]], present[:, [place]])
            for place, thing in enumerate(THINGS)
            if present[:, place].any()
        }
        for half, which in {"seen": seen, "unseen": ~seen, "all": seen | True}.items():
            if present[:, which].any():
                figures[f"{form} / {half}"] = {
                    "mean_average_precision": mean_average_precision(scores[:, which], present[:, which]),
                    "f1_of_as_many_as_there_are": f1_by_rank(scores[:, which], present[:, which]),
                }
    for name, values in figures.items():
        print(f"{name:60}", "  ".join(f"{what} {value:.3f}" for what, value in values.items()))
    record = {
        "scenes": len(episodes),
        "figures": figures,
        "average_precision": objects,
        "chance": present.float().mean().item(),
    }
    files.write_json(folder / "zero_shot.json", record)


def mean_average_precision(scores: Tensor, present: Tensor) -> float:
    """Mean over objects of the average precision of the scenes ranked by score; objects in no scene are left out."""
    precisions = []
    for score, there in zip(scores.T, present.T, strict=True):
        hits = there[score.argsort(descending=True)]
        if hits.any():
            precisions.append((hits.cumsum(0) / torch.arange(1, len(hits) + 1))[hits].mean())
    return torch.stack(precisions).mean().item()


def f1_by_rank(scores: Tensor, present: Tensor) -> float:
    """Share of the objects present among as many of the highest scores; mean over scenes with any."""
    shares = [
        there[score.topk(int(there.sum())).indices].float().mean()
        for score, there in zip(scores, present, strict=True)
        if there.any()
    ]
    return torch.stack(shares).mean().item()


def main() -> None:
    """Parse the command line, train unless there is a teacher already, and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the teacher")
    parser.add_argument("--measure", type=Path, help="recorded scenes to measure it on")
    parser.add_argument("--trained", action="store_true", help="only measure the teacher in --out")
    parser.add_argument("--pictures", type=Path, help="file that keeps the pictures; those that are there are used")
    parser.add_argument("--scenes", type=int, default=2000, help="scenes to simulate")
    parser.add_argument("--views", type=int, default=4, help="pictures of each")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="threads of one step")
    asked = parser.parse_args()
    asked.pictures = asked.pictures or asked.out / "pictures.safetensors"
    torch.set_num_threads(asked.threads)
    if not asked.trained:
        began = time.monotonic()
        if asked.pictures.exists():
            seen = Pictures.read(asked.pictures)
        else:
            seen = pictures(asked.scenes, asked.views, asked.seed)
            seen.write(asked.pictures)
        print(f"{len(seen)} pictures after {time.monotonic() - began:.0f} s", flush=True)
        write_teacher(train(seen, epochs=asked.epochs, batch=asked.batch, rate=asked.rate, seed=asked.seed), asked.out)
        print(f"wrote {asked.out} after {time.monotonic() - began:.0f} s")
    if asked.measure:
        measure(asked.out, asked.measure)


if __name__ == "__main__":
    main()

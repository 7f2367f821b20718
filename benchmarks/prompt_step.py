"""What a learned prompt adds to a training step: steps with and without it in turns. Ratios inside one run.

    python benchmarks/prompt_step.py --data ROOT --split DIR --teacher TEACHER [--sizes 64 224] [--rounds 3]

A teacher that is an architecture alone (ViT-B-32) has random weights, which take the same time.
Of ROOT and the split the class names are read, not the images. A step is `clipling.training.loop.train_step` of the
recipe `paper`, with a resnet18, from a batch of 128 images that is on the device already to the new weights; with a
prompt it encodes texts behind 8 learned vectors: those of the seen classes, as `distill` does, or those of all, as
`fewshot` does. In each round they take turns, a few steps each. Loading images costs all the same and is left out: it
would only bring the ratios nearer to 1.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import open_clip
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file

from clipling.contracts.encoders import Embeddings
from clipling.data.labels import read_class_names
from clipling.data.loader import Batch
from clipling.data.split import read_split
from clipling.language.prompts import LearnedPrompt
from clipling.recipes import get_recipe
from clipling.student import create_student
from clipling.teacher.tower import Teacher, load_teacher
from clipling.tensors import unit
from clipling.training.config import Hardware
from clipling.training.devices import make_fabric
from clipling.training.loop import train_step
from clipling.training.objective import Lesson
from clipling.training.optimizer import make_optimizer
from recording import write_record

STUDENT, BATCH, VECTORS = "resnet18", 128, 8


def open_teacher(name: str, device: torch.device) -> Teacher:
    """The teacher of that name; of an architecture alone, one with random weights."""
    if name not in open_clip.list_models():
        return load_teacher(name, device=device)
    with tempfile.TemporaryDirectory() as holder:
        folder = Path(holder) / name
        folder.mkdir()
        torch.manual_seed(0)
        model = open_clip.create_model(name, pretrained=None)
        config = {
            "model_cfg": open_clip.get_model_config(name),
            "preprocess_cfg": open_clip.get_model_preprocess_cfg(model),
        }
        (folder / "open_clip_config.json").write_text(json.dumps(config))
        weights = {key: weight.contiguous() for key, weight in model.state_dict().items()}
        save_file(weights, folder / "open_clip_model.safetensors")
        return load_teacher(f"local-dir:{folder}", device=device)


def stepper(fabric: Fabric, teacher: Teacher, names: list[str], size: int, vectors: int) -> Callable[[], None]:
    """A function that takes one training step, with a prompt of so many vectors or, at 0, with none."""
    torch.manual_seed(0)
    recipe = get_recipe("paper", STUDENT)
    net = create_student(STUDENT, width=teacher.width, image_size=size).to(memory_format=torch.channels_last)
    parameters = list(net.parameters())
    prompt = LearnedPrompt.drawn(vectors, teacher, seed=0).to(fabric.device) if vectors else None
    if prompt is not None:
        parameters += prompt.parameters()
    model, optimizer = fabric.setup(net, make_optimizer(parameters, recipe.optimizer))
    image = unit(torch.randn(BATCH, teacher.width, device=fabric.device))
    text = teacher.encode_text(names)
    labels = torch.arange(BATCH, device=fabric.device) % len(names)
    pixels = torch.randint(0, 256, (BATCH, 3, size, size), dtype=torch.uint8)
    batch = Batch(pixels.contiguous(memory_format=torch.channels_last).to(fabric.device), torch.arange(BATCH))
    texts = teacher.prompted(names, vectors) if vectors else None
    prompted = fabric.setup_module(prompt) if prompt is not None else None

    def targets(_: Batch) -> Embeddings:
        return Embeddings(image, prompted(texts) if prompted else text, labels)

    trainee = SimpleNamespace(model=model, optimizer=optimizer)
    plan = SimpleNamespace(lesson=Lesson(fabric, recipe.losses, targets))

    def step() -> None:
        model.train()
        train_step(fabric, trainee, plan, batch)  # type: ignore[arg-type]
        if fabric.device.type == "cuda":
            torch.cuda.synchronize()

    return step


def seconds(step: Callable[[], None], steps: int) -> float:
    """The median time of a step."""
    times = []
    for _ in range(steps):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return median(times)


def measure(fabric: Fabric, teacher: Teacher, texts: dict[str, list[str]], size: int, rounds: int) -> dict[str, Any]:
    """Seconds of a step without a prompt and with one over each list of texts, and the medians of their ratios."""
    plain = stepper(fabric, teacher, max(texts.values(), key=len), size, 0)
    prompted = {name: stepper(fabric, teacher, rows, size, VECTORS) for name, rows in texts.items()}
    steps = 10 if size <= 64 or fabric.device.type == "cuda" else 2
    for step in (plain, *prompted.values()):
        seconds(step, 2)
    bare: list[float] = []
    learning: dict[str, list[float]] = {name: [] for name in texts}
    for number in range(rounds):
        bare.append(seconds(plain, steps))
        for name, step in prompted.items():
            learning[name].append(seconds(step, steps))
        now = ", ".join(f"{len(texts[name])} texts {times[-1]:.3f} s" for name, times in learning.items())
        print(f"{size} px, round {number + 1}: {bare[-1]:.3f} s, {now}", flush=True)
    ratios = {name: [with_ / without for with_, without in zip(learning[name], bare, strict=True)] for name in texts}
    return {
        "plain_s": {"median": median(bare), "rounds": bare},
        **{
            name: {
                "texts": len(texts[name]),
                "step_s": {"median": median(learning[name]), "rounds": learning[name]},
                "ratio": {"median": median(ratios[name]), "rounds": ratios[name]},
            }
            for name in texts
        },
    }


def main() -> None:
    """Measure and write the result beside the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 224])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    fabric = make_fabric(Hardware())
    teacher = open_teacher(options.teacher, fabric.device)
    split = read_split(options.split, options.data)
    names = read_class_names(options.data, split.classes)
    texts = {"seen_classes": [names[c] for c in split.seen_classes], "all_classes": list(names.values())}
    sizes = {str(size): measure(fabric, teacher, texts, size, options.rounds) for size in options.sizes}
    figures = {
        "student": STUDENT,
        "teacher": {"id": teacher.id, "weights_hash": teacher.weights_hash},
        "vectors": VECTORS,
        "sizes": sizes,
    }
    kind = f"_{options.teacher}" if options.teacher in open_clip.list_models() else ""
    private = {"DIR": options.split, "ROOT": options.data}
    if not kind:
        private["TEACHER"] = Path(options.teacher)
    write_record(f"prompt_step{kind}_{'+'.join(sizes)}px", figures, private=private, folder=options.out)


if __name__ == "__main__":
    main()

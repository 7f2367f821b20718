"""What a learned prompt adds to a training step: both steps in turns, and their ratio. Ratios inside one run.

    python benchmarks/prompt_step.py --data ROOT --split DIR --teacher TEACHER [--sizes 64 224] [--rounds 3]

Of ROOT and the split the class names are read, not the images. A step is `clipling.training.loop.train_step` of the
recipe `paper`, with a resnet18, from a batch of 128 images that is on the device already to the new weights; with a
prompt it encodes the texts of all classes, seen and unseen, behind 8 learned vectors. In each round both take turns, a
few steps each. Loading images costs both the same and is left out: it would only bring the ratio nearer to 1.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from lightning_fabric import Fabric

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


def measure(fabric: Fabric, teacher: Teacher, names: list[str], size: int, rounds: int) -> dict[str, Any]:
    """Seconds of a step without and with a prompt in every round, and the median of their ratios."""
    plain, prompted = (stepper(fabric, teacher, names, size, vectors) for vectors in (0, VECTORS))
    steps = 10 if size <= 64 or fabric.device.type == "cuda" else 2
    for step in (plain, prompted):
        seconds(step, 2)
    pairs = []
    for number in range(rounds):
        pairs.append((seconds(plain, steps), seconds(prompted, steps)))
        print(f"{size} px, round {number + 1}: {pairs[-1][0]:.3f} s, with a prompt {pairs[-1][1]:.3f} s", flush=True)
    ratios = [learning / bare for bare, learning in pairs]
    return {
        "plain_s": median(bare for bare, _ in pairs),
        "prompted_s": median(learning for _, learning in pairs),
        "ratio": median(ratios),
        "rounds": {"plain_s": [p for p, _ in pairs], "prompted_s": [q for _, q in pairs], "ratio": ratios},
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
    teacher = load_teacher(options.teacher, device=fabric.device)
    classes = read_split(options.split, options.data).classes
    names = list(read_class_names(options.data, classes).values())
    sizes = {str(size): measure(fabric, teacher, names, size, options.rounds) for size in options.sizes}
    figures = {
        "student": STUDENT,
        "teacher": {"id": teacher.id, "weights_hash": teacher.weights_hash},
        "classes": len(names),
        "vectors": VECTORS,
        "sizes": sizes,
    }
    private = {"TEACHER": Path(options.teacher), "DIR": options.split, "ROOT": options.data}
    write_record(f"prompt_step_{'+'.join(sizes)}px", figures, private=private, folder=options.out)


if __name__ == "__main__":
    main()

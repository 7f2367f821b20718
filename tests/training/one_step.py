"""One training step of a student without batch statistics and of a prompt, on this process's part of a fixed batch.

Run by torchrun.

Usage: one_step.py OUT: rank 0 writes the named losses and the gradients to OUT, and at its end, whether the processes
are still tied together to OUT.tied.
"""

import atexit
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import normalize

from clipling.contracts.encoders import Embeddings
from clipling.data.loader import Batch
from clipling.language.prompts import LearnedPrompt
from clipling.training.config import Hardware, LossConfig
from clipling.training.devices import make_fabric
from clipling.training.loop import train_step
from clipling.training.objective import Lesson

IMAGES, CLASSES, WIDTH = 12, 5, 8


class Student(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.GELU(), nn.Flatten(), nn.LazyLinear(WIDTH))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return normalize(self.layers(images.float() / 255), dim=1)


def main(out: str) -> None:
    atexit.register(lambda: Path(f"{out}.tied").write_text(str(dist.is_initialized())))
    fabric = make_fabric(Hardware(accelerator="cpu", precision="fp32"))
    draw = torch.Generator().manual_seed(3)
    images = torch.randint(0, 256, (IMAGES, 3, 16, 16), dtype=torch.uint8, generator=draw)
    teacher, text, caption = (
        normalize(torch.randn(n, WIDTH, generator=draw), dim=1) for n in (IMAGES, CLASSES, IMAGES)
    )
    labels = torch.randint(0, CLASSES, (IMAGES,), generator=draw)
    torch.manual_seed(0)
    net = Student()
    net(images[:1])
    prompt = LearnedPrompt(torch.randn(2, WIDTH, generator=draw))
    model, optimizer = fabric.setup(net, torch.optim.SGD([*net.parameters(), *prompt.parameters()], lr=0.0))
    prompted = fabric.setup_module(prompt)
    part = IMAGES // fabric.world_size
    rows = torch.arange(IMAGES)[fabric.global_rank * part :][:part]
    losses = LossConfig(cls=1, mse=1, im_cst=1, vl_prox=1, cap=1, k=3, filter_misaligned=False)

    def targets(batch: Batch) -> Embeddings:
        texts = prompted(lambda context: normalize(text + context.sum(0), dim=1))
        return Embeddings(teacher[batch.rows], texts, labels[batch.rows], caption[batch.rows])

    plan = SimpleNamespace(lesson=Lesson(fabric, losses, targets))
    trainee = SimpleNamespace(net=net, model=model, optimizer=optimizer)
    parts = train_step(fabric, trainee, plan, Batch(images[rows], rows))  # type: ignore[arg-type]
    if fabric.global_rank == 0:
        gradients = {name: value.grad for name, value in [*net.named_parameters(), *prompt.named_parameters()]}
        torch.save({"losses": {k: v.detach() for k, v in parts.items()}, "gradients": gradients}, out)


if __name__ == "__main__":
    main(sys.argv[1])

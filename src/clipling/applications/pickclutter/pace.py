"""How fast a student trains here: a few steps on empty scenes, from pixels to new weights."""

import time

import torch
from lightning_fabric import Fabric

from clipling.applications.pickclutter.lesson import PickLesson
from clipling.applications.pickclutter.network import create_net
from clipling.applications.pickclutter.settings import Settings
from clipling.data.loader import Batch
from clipling.tensors import unit
from clipling.training.devices import make_fabric
from clipling.training.optimizer import make_optimizer

_WIDTH, _OBJECTS, _WARM_UP, _STEPS = 512, 14, 1, 3


def scenes_per_second(settings: Settings, fabric: Fabric | None = None) -> float:
    """Training scenes a second, without reading them and without the text tower."""
    fabric = make_fabric(settings.hardware) if fabric is None else fabric
    net = create_net(settings.student, width=_WIDTH, image_size=settings.image_size)
    model, optimizer = fabric.setup(
        net.to(memory_format=torch.channels_last), make_optimizer(net.parameters(), settings.optimizer_config)
    )
    rows = torch.arange(settings.batch_size)
    pairs = unit(torch.randn(2 * _OBJECTS, _WIDTH)).to(fabric.device)
    present = torch.rand(len(rows), _OBJECTS) < 0.3
    lesson = PickLesson(fabric, present, lambda: pairs, unit(torch.randn(len(rows), _WIDTH)), settings.method.im_cst)
    images = torch.rand(len(rows), 8, settings.image_size, settings.image_size).half()
    batch = Batch(images.contiguous(memory_format=torch.channels_last), rows)
    for step in range(_WARM_UP + _STEPS):
        if step == _WARM_UP:
            started = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(lesson(model(batch.images.to(fabric.device)), batch)["loss"])
        optimizer.step()
        if fabric.device.type == "cuda":
            torch.cuda.synchronize()
    return _STEPS * len(rows) / (time.perf_counter() - started)

"""What is trained: a student and what is learned of its texts, fresh or from a bundle.

Shapes: C objects, M learned vectors of width W.
"""

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor

from clipling.applications.pickclutter.bundle import PickBundle
from clipling.applications.pickclutter.network import PickNet, create_net
from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.teaching import TeacherSide
from clipling.contracts.errors import InputError
from clipling.training.devices import with_shared_batch_norm
from clipling.training.loop import Trainee
from clipling.training.optimizer import make_optimizer, make_schedule


def make_trainee(
    fabric: Fabric, settings: Settings, side: TeacherSide, start: PickBundle | None, taught: tuple[str, ...]
) -> Trainee[PickNet]:
    """A student, and what is learned of its texts, with optimizer and schedule; the seed decides how they begin."""
    torch.manual_seed(settings.seed)
    net = create_net(settings.student, width=side.width, image_size=settings.image_size, pretrained=settings.pretrained)
    prompt = side.words.drawn(settings.seed)
    if start is not None:
        net.load_state_dict(start.net.state_dict())
        if prompt is not None and start.context is not None:
            take_over(prompt.context, start, taught, closed=settings.method.closed)
    prompt = None if prompt is None else prompt.to(fabric.device)
    net = with_shared_batch_norm(fabric, net).to(memory_format=torch.channels_last)
    learned = [*net.parameters(), *([] if prompt is None else [prompt.context])]
    model, optimizer = fabric.setup(net, make_optimizer(learned, settings.optimizer_config))
    return Trainee(
        net, model, optimizer, make_schedule(optimizer, settings.schedule_config, settings.epochs), prompt=prompt
    )


@torch.no_grad()
def take_over(context: Float[Tensor, "M W"], start: PickBundle, taught: tuple[str, ...], *, closed: bool) -> None:
    """The learned contexts of a student; of a closed set the vectors of the objects it knows, by object."""
    if not closed:
        if start.context is None or start.context.shape != context.shape:
            raise InputError("the run's learned contexts are of another size; give the same teacher and prompt")
        context.copy_(start.context)
        return
    known = {one.model_id: row for row, one in enumerate(start.objects)}
    for new, old in zip(context.chunk(2), start.pairs.chunk(2), strict=True):
        for row, model_id in enumerate(taught):
            if model_id in known:
                new[row] = old[known[model_id]]

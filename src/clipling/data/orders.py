"""Which images stand in which batch of an epoch: a function of (seed, epoch) alone, so nothing has to be saved.

Shapes: N places in an epoch.
"""

import numpy as np
import torch
from jaxtyping import Int64

from clipling.contracts.errors import InputError
from clipling.data.augment import mixed_seed


def few_in_batch(few: int, batch_size: int) -> int:
    """How many images of every batch are few shots: all there are, but never more than half of the batch."""
    return min(few, batch_size // 2)


def steps_per_epoch(images: int, batch_size: int, repeats: int = 1, few: int = 0) -> int:
    """Batches in an epoch that sees every image `repeats` times; what does not fill the last batch is left out.

    few: the shots beside the images, which take places of every batch (see `few_in_batch`).
    Raises InputError when not even one batch is filled.
    """
    shots = few_in_batch(few, batch_size)
    steps = images * repeats // (batch_size - shots)
    if steps == 0:
        seen = f"{images} training images" + (f", each seen {repeats} times an epoch," if repeats > 1 else "")
        beside = f" beside {shots} few shots" if few else ""
        raise InputError(f"--batch-size is {batch_size}, but there are only {seen} to fill it{beside}; make it smaller")
    return steps


def epoch_order(images: int, repeats: int, *, seed: int, epoch: int) -> Int64[np.ndarray, " N"]:
    """Which image stands at each place of an epoch: `repeats` shuffles of all images, one after the other.

    Shuffled apart, so that one image hardly ever meets itself in a batch.
    """
    generator = torch.Generator().manual_seed(mixed_seed(seed, epoch))
    return torch.cat([torch.randperm(images, generator=generator) for _ in range(repeats)]).numpy()


def balanced_order(
    images: int, few: int, batch_size: int, repeats: int, *, seed: int, epoch: int
) -> Int64[np.ndarray, " N"]:
    """`epoch_order` with few shots in every batch, so that they are not drowned; shots are numbered on from `images`.

    `few_in_batch` places of a batch go to shots, drawn anew without repetition; the two kinds are mixed within it. An
    epoch still passes `repeats` times over the images, so it holds more batches the more of their places are taken.
    """
    many = epoch_order(images, repeats, seed=seed, epoch=epoch)
    if not few:
        return many
    share = few_in_batch(few, batch_size)
    steps = steps_per_epoch(images, batch_size, repeats, few)
    generator = torch.Generator().manual_seed(mixed_seed(seed, epoch, few))
    batches = [
        torch.cat([part, images + torch.randperm(few, generator=generator)[:share]])
        for part in torch.split(torch.from_numpy(many)[: steps * (batch_size - share)], batch_size - share)
    ]
    return torch.cat([batch[torch.randperm(batch_size, generator=generator)] for batch in batches]).numpy()

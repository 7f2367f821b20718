"""One Fabric for CPU, one GPU, or the processes that `torchrun` started; and what several of them must share.

The losses contrast every image with every other one of the batch, so each process sees the batch of all: embeddings are
gathered with their gradients, and every process computes the same loss on the whole. The backward of the gather adds up
the gradients of all processes and DDP averages them, so parameters receive the gradient that one process would have.
"""

import atexit
import logging
import os
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

from clipling.contracts.encoders import Embeddings
from clipling.contracts.errors import InputError
from clipling.training.config import Device, Hardware

Net = TypeVar("Net", bound=nn.Module)
_PATIENCE = timedelta(days=1)  # the first process encodes and measures alone, the others wait


def make_fabric(hardware: Hardware) -> Fabric:
    """Fabric on the chosen accelerator, launched; with `torchrun`, one of its processes."""
    on_gpu = default_device(hardware) == "cuda"
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    nodes = int(os.environ.get("WORLD_SIZE", "1")) // processes
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # its greetings say what environment.json records
    fabric = Fabric(
        accelerator="cuda" if on_gpu else "cpu",
        devices=processes,
        num_nodes=nodes,
        strategy=DDPStrategy(timeout=_PATIENCE) if processes * nodes > 1 else "auto",
        precision="bf16-mixed" if _bf16(hardware, on_gpu) else "32-true",
    )
    fabric.launch()
    if fabric.world_size > 1:
        atexit.register(_leave_the_others)
    return fabric


def _leave_the_others() -> None:
    # a process that exits while gloo's threads still run is now and then aborted by them, though its work is done
    if dist.is_initialized() and dist.get_backend() == "gloo":
        dist.destroy_process_group()


def default_device(hardware: Device) -> str:
    """`cuda` or `cpu`, for work outside of a Fabric. Raises InputError when a GPU is asked for and there is none."""
    if hardware.accelerator == "cuda" and not torch.cuda.is_available():
        raise InputError("hardware.accelerator is 'cuda', but torch sees no GPU here; use 'auto' or 'cpu'")
    return "cuda" if hardware.accelerator != "cpu" and torch.cuda.is_available() else "cpu"


def _bf16(hardware: Hardware, on_gpu: bool) -> bool:
    if hardware.precision == "auto":
        return torch.cuda.is_bf16_supported(including_emulation=False) if on_gpu else _cpu_computes_in_bf16()
    return hardware.precision == "bf16"


def _cpu_computes_in_bf16() -> bool:
    # torch runs bf16 on any x86 by emulation, slower than fp32; only these instructions make it pay
    return any(
        check()
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if (check := getattr(torch.cpu, name, None))
    )


def with_shared_batch_norm(fabric: Fabric, net: Net) -> Net:
    """`net` with SyncBatchNorm where several GPUs train; the CPU has none, there each process keeps its own."""
    if fabric.world_size > 1 and fabric.device.type == "cuda":
        return cast(Net, nn.SyncBatchNorm.convert_sync_batchnorm(net))  # type: ignore[no-untyped-call]
    return net


def gathered(fabric: Fabric, rows: Shaped[Tensor, "b ..."]) -> Shaped[Tensor, "B ..."]:
    """The rows of all processes, in order of rank, with their gradients; unchanged with one process."""
    if fabric.world_size == 1:
        return rows
    return cast(Tensor, fabric.all_gather(rows, sync_grads=rows.requires_grad)).flatten(0, 1)


def gathered_targets(fabric: Fabric, target: Embeddings) -> Embeddings:
    """The targets of the whole batch; the texts are the same in every process."""
    caption = None if target.caption is None else gathered(fabric, target.caption)
    return replace(
        target, image=gathered(fabric, target.image), labels=gathered(fabric, target.labels), caption=caption
    )

"""What a run ran on: versions, processor, and the commit of a source checkout."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

_PACKAGES = (
    "clipling",
    "torch",
    "torchvision",
    "timm",
    "open_clip_torch",
    "transformers",
    "lightning-fabric",
    "numpy",
    "pillow",
)


def describe_environment(fabric: Fabric) -> dict[str, Any]:
    """The content of environment.json, but for the seconds a run took."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "threads": torch.get_num_threads(),
        "device": device_name(fabric.device),
        "processes": fabric.world_size,
        "precision": fabric._precision.precision,
        "versions": {name: _version(name) for name in _PACKAGES},
        "commit": _commit(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def device_name(device: torch.device | str) -> str:
    """What training runs on: the name of the GPU, or `cpu`."""
    return torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else "cpu"


def processor_name() -> str:
    """The processor's, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        if names:
            return names[0]
    return platform.processor()


def _commit() -> str | None:
    """The commit of the checkout this code runs from; None for an installed package, or without git."""
    checkout = Path(__file__).resolve().parents[3]
    if not (checkout / ".git").exists() or not shutil.which("git"):
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or None

"""How large numbers may be that nobody means: beyond them memory, processes or 64 bits would run out."""

from clipling.contracts.errors import refuse_outside

SEED = 2**63 - 1
"""What torch and NumPy both take."""
IMAGE_SIZE = 4096
"""Pixels of a side that a network sees."""
CHANNELS = 1024
"""Numbers for each of these pixels."""
WORKERS = 256
"""Processes or threads."""


def require_seed(seed: object, name: str = "seed") -> None:
    """Raise InputError for a seed that is no whole number of 63 bits."""
    refuse_outside(**{name: (seed, 0, SEED)})

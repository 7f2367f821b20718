"""Frozen teachers, and the folder that keeps what they said about each image.

The names load what they need on first use: reading a feature store asks for neither open_clip nor transformers.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "Teacher": "tower",
    "load_teacher": "tower",
    "TeacherKey": "key",
    "FeatureStore": "features",
    "extract_features": "store",
}
__all__ = ["FeatureStore", "Teacher", "TeacherKey", "extract_features", "load_teacher"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""PickClutter (Section 7 of the paper): which of any named objects lie before a robot with two RGB-D cameras."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clipling.applications.pickclutter.picker import Picker as Picker

__all__ = ["Picker"]


def __getattr__(name: str) -> Any:
    """`Picker`, when it is asked for: the command line describes the verbs without loading torch."""
    if name != "Picker":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from clipling.applications.pickclutter.picker import Picker

    return Picker

"""What keeps a Hugging Face model from being loaded, said in the user's words."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from clipling.contracts.errors import InputError


@contextmanager
def loading(place: str, *, what: str, reader: str, or_else: Sequence[str] = ()) -> Iterator[None]:
    """Load a model in it: InputError for a place that holds no such model, and for a package that it needs.

    what: the kind of model. reader: what has to lie beside its weights. or_else: what will do in place of a folder.
    """
    try:
        yield
    except ImportError as error:
        raise InputError(f"model '{place}' needs one more package: {_short(error)}") from None
    except (OSError, ValueError, RuntimeError, LookupError, struct.error) as error:
        places = (f"a folder with config.json, {reader} and .safetensors weights", *or_else, "or a name on the hub")
        raise InputError(
            f"model '{place}': no {what} can be loaded from there ({_short(error)}); give {', '.join(places)}"
        ) from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

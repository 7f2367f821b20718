"""What the Hugging Face Hub and the way to it may raise."""


def hub_troubles(*besides: type[Exception]) -> tuple[type[Exception], ...]:
    """Its own errors, those of the disk, those of whichever HTTP library it is built on, and those `besides`."""
    from huggingface_hub import errors

    return (errors.HTTPError, errors.EntryNotFoundError, OSError, ValueError, *besides)  # type: ignore[attr-defined]

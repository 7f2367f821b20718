"""Under which licence a teacher's weights were published, as the card beside them says."""

from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.repocard import metadata_load
from yaml import YAMLError

from clipling.contracts.hub import hub_troubles

_CARD = "README.md"


def licence_of(spec: str) -> str | None:
    """The `license` in the head of the card of the teacher that `spec` names, such as 'mit'; None where none is found.

    The card is a file in a `local-dir:`, else in the repository that the weights came from.
    """
    try:
        card = _card_of(spec)
        stated = None if card is None or not card.is_file() else (metadata_load(card) or {}).get("license")
    except hub_troubles(YAMLError):  # no network, no card, or none with a head: then nothing is known
        return None
    return stated if isinstance(stated, str) else None


def _card_of(spec: str) -> Path | None:
    if spec.startswith("local-dir:"):
        return Path(spec.removeprefix("local-dir:")).expanduser() / _CARD
    repository = spec.removeprefix("hf-hub:") if spec.startswith("hf-hub:") else _repository(spec)
    return Path(hf_hub_download(repository, _CARD)) if repository else None


def _repository(spec: str) -> str:
    """Where open_clip has the weights of ARCHITECTURE/TAG from, '' for another place than the Hub."""
    import open_clip

    architecture, _, tag = spec.rpartition("/")
    known = open_clip.get_pretrained_cfg(architecture.replace("/", "-"), tag) or {}
    return str(known.get("hf_hub", "")).strip("/")

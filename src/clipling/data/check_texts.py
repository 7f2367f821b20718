"""Look at the texts beside images: missing or wrong ones, names that say nothing, and what a teacher makes of them."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from clipling.contracts.errors import InputError
from clipling.contracts.names import alike
from clipling.data.finding import Finding, finding
from clipling.data.labels import read_captions, read_class_names, read_descriptions

_CODE = re.compile(r"\W*[a-z]?\d+\W*", re.IGNORECASE)


class TextReader(NamedTuple):
    """How a teacher is asked: which texts it cuts off, and the texts of a class, from its name and description."""

    truncated: Callable[[Sequence[str], int], list[bool]]
    """Each behind so many learned vectors."""
    compose: Callable[[str, str | None], Sequence[str]]
    tokens: Callable[[Sequence[str]], Sequence[Hashable]]
    """What it makes of each text before it reads it."""
    vectors: int = 0
    """Learned, before the texts of classes."""


def check_texts(root: Path, classes: Sequence[str], files: Sequence[str], reader: TextReader | None) -> list[Finding]:
    """Names, descriptions and captions: missing or wrong ones, names that say nothing, texts that are too long."""
    names, findings = _read("class names", partial(read_class_names, root, classes))
    codes = [f"{label} ('{name}')" for label, name in names.items() if _CODE.fullmatch(name)]
    findings += finding("spoils", "classes without a name a text can use; name them in classes.csv", codes)
    descriptions, captions = dict[str, str](), dict[str, str]()
    if (root / "descriptions.jsonl").exists():
        descriptions, wrong = _read("descriptions", partial(read_descriptions, root, classes))
        findings += wrong
    if (root / "captions.jsonl").exists():
        captions, wrong = _read("captions", partial(read_captions, root, files))
        findings += wrong
    if reader is not None:
        composed = {label: tuple(reader.compose(names[label], descriptions.get(label))) for label in names}
        findings += _same_texts(composed, reader)
        texts = [(label, text) for label in composed for text in composed[label]]
        findings += _too_long("class texts", texts, reader, reader.vectors)
        findings += _too_long("captions", list(captions.items()), reader)
    return findings


def _same_texts(texts: Mapping[str, tuple[str, ...]], reader: TextReader) -> list[Finding]:
    """The classes whose texts are the same to the teacher, which are never told apart."""
    same = alike((label, tuple(reader.tokens(said))) for label, said in texts.items())
    examples = [f"{' = '.join(group)}: {' | '.join(texts[label][0] for label in group)}" for group in same]
    return finding("spoils", "classes whose texts the teacher cannot tell apart; name them otherwise", examples)


def _too_long(what: str, texts: Sequence[tuple[str, str]], reader: TextReader, vectors: int = 0) -> list[Finding]:
    """The classes, or files, with a text that the teacher does not read to its end."""
    cut = reader.truncated([text for _, text in texts], vectors)
    long = {key: text for (key, text), is_cut in zip(texts, cut, strict=True) if is_cut}
    examples = [f"{key}: {text}" for key, text in long.items()]
    return finding("note", f"{what} longer than the teacher reads; it cuts them off", examples)


def _read(what: str, reader: Callable[[], dict[str, str]]) -> tuple[dict[str, str], list[Finding]]:
    """The texts, or none of them and the finding that says why."""
    try:
        return reader(), []
    except InputError as error:
        return {}, finding("spoils", f"{what} that cannot be used", [str(error)])

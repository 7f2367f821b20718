"""The authors' files of a data set: its split lists, its class names and the sentences about its classes.

They are fetched from the authors' repository or taken from a folder, and believed only when their lines are the ones
that were published; line ends do not count.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from clipling.contracts.errors import InputError, some
from clipling.contracts.records import Split, class_of
from clipling.data.lists import Lists, find_lists, read_list, require_disjoint
from clipling.data.sets.catalogue import LABELS, LISTS, DataSet
from clipling.data.sets.download import download
from clipling.files import hash_strings, read_lines, write_bytes


def gather(data_set: DataSet, lists: Path | None, to: Path) -> None:
    """Bring the authors' files into the folder `to`: from the folder `lists` where it is given, else by download.

    Raises InputError for a file that is absent, and for one that is not as published.
    """
    if lists is None:
        for file in data_set.published:
            download(data_set.url(file), to / file, right=partial(_as_published, data_set, file))
    else:
        for file, path in given(data_set, lists).items():
            write_bytes(to / file, path.read_bytes())


def has_gathered(data_set: DataSet, lists: Path, to: Path) -> bool:
    """Whether what the folder `lists` gives is in the folder `to` already. Raises InputError as `given` does."""
    files = given(data_set, lists).items()
    return all((to / file).is_file() and (to / file).read_bytes() == path.read_bytes() for file, path in files)


def given(data_set: DataSet, lists: Path) -> dict[str, Path]:
    """The authors' files in the folder `lists`; of a data set without published lists, three lists or none.

    Raises InputError when they cannot be used: one is absent or not as published, or the lists make no split.
    """
    some_lists = any(_find(lists, data_set, file) for file in LISTS)
    files = {file: _require(lists, data_set, file) for file in (*data_set.published, *(LISTS if some_lists else ()))}
    if some_lists:
        split = _split(Lists(*(files[file] for file in LISTS)))
        require_named(class_names(data_set, files[LABELS[0]]), split, files[LABELS[0]])
    return files


def _require(lists: Path, data_set: DataSet, file: str) -> Path:
    path = _find(lists, data_set, file)
    if path is None:
        way_out = "leave --lists out to download it" if file in data_set.published else "give all three lists, or none"
        raise InputError(
            f"{lists}: no {file} of {data_set.name} here; expected it in the folder itself, in {data_set.name} or in "
            f"data/{data_set.name}, as in the authors' repository; or {way_out}"
        )
    require_published(data_set, file, path)
    return path


def _find(lists: Path, data_set: DataSet, file: str) -> Path | None:
    triple = f"{data_set.name}-{file.replace('_data', '')}"
    places = (lists, lists / data_set.name, lists / "data" / data_set.name)
    return next((place / name for place in places for name in (file, triple) if (place / name).is_file()), None)


def _as_published(data_set: DataSet, file: str, path: Path) -> bool:
    try:
        return hash_strings(read_lines(path)) == data_set.published[file]
    except InputError:  # not even text
        return False


def require_published(data_set: DataSet, file: str, path: Path) -> None:
    """Raise InputError unless the file at `path` says what the authors' `file` says, its number of images first."""
    expected, found = data_set.counts.get(file), len(read_lines(path))
    if expected is not None and found != expected:
        raise InputError(
            f"{path}: {found} images, expected {expected}: it is not the {file} that was published for "
            f"{data_set.name}; give the authors' file, or leave --lists out to download it"
        )
    if file in data_set.published and not _as_published(data_set, file, path):
        raise InputError(
            f"{path}: it does not say what the published {file} of {data_set.name} says; give the authors' file, or "
            "leave --lists out to download it"
        )


def published_split(source: Path) -> Split:
    """The authors' split as lists in the folder `source` have it, its files as <class>/<image>."""
    return _split(find_lists(source))


def _split(lists: Lists) -> Split:
    train, id_, ood = ([listed_image(line) for line in read_list(path)] for path in lists)
    require_disjoint(lists, (train, id_, ood))
    labels = {file: class_of(file) for file in (*train, *id_, *ood)}
    seen, unseen = ({labels[file] for file in files} for files in ((*train, *id_), ood))
    return Split(tuple(train), tuple(id_), tuple(ood), tuple(sorted(seen)), tuple(sorted(unseen)), labels)


def listed_image(line: str) -> str:
    """The class folder and the image, without the list's own name before them."""
    return str(PurePosixPath(*PurePosixPath(line).parts[-2:]))


def class_names(data_set: DataSet, table: Path) -> dict[str, str]:
    """The name of every class the authors name, from their `table`."""
    names = dict[str, str]()
    for number, line in enumerate(read_lines(table), 1):
        words = line.split()
        if len(words) != 3:
            raise InputError(f"{table}: line {number} is '{line}'; expected class, number, name")
        names[words[0]] = data_set.renamed.get(words[0], words[2].replace("_", " "))
    return names


def require_named(names: Mapping[str, str], split: Split, table: Path) -> None:
    """Raise InputError when a class of the split is none that the authors name in their `table`."""
    nameless = [item for item in split.classes if item not in names]
    if nameless:
        raise InputError(f"{table}: no name for {len(nameless)} classes of the lists: {some(nameless)}")


def sentences(names: Mapping[str, str], source: Path) -> dict[str, str]:
    """The authors' sentence for every class, given in the order of `names`."""
    lines = read_lines(source / LABELS[1])
    if len(lines) != len(names):
        raise InputError(f"{source / LABELS[1]}: {len(lines)} sentences for {len(names)} classes; expected one each")
    return dict(zip(names, lines, strict=True))

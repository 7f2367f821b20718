"""Progress that survives a kill: every few batches become one file, written whole or not at all.

The files lie in `partial/` of the store and are safetensors (rows, stamps, and the names as metadata);
`partial/key.json` says which teacher they belong to. They go when the store itself is complete.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from clipling.contracts.conform import conform
from clipling.contracts.documents import parse_json
from clipling.contracts.errors import InputError
from clipling.files import read_json, write_bytes, write_json
from clipling.teacher.key import TeacherKey
from clipling.teacher.ledger import Ledger
from clipling.teacher.stamps import Stamp


class Journal:
    """Rows as they are made. Used as a context: what is still in memory is written when it ends, however it ends."""

    def __init__(self, folder: Path, key: TeacherKey, *, rows_per_file: int) -> None:
        """Open or begin the journal of a store. Raises InputError when it holds the work of another key."""
        self.folder = folder / "partial"
        self.key = key
        self.rows_per_file = rows_per_file
        self._entered: set[Path] = set()
        self._files: list[str] = []
        self._rows: list[NDArray[np.float16]] = []
        self._stamps: list[Stamp] = []
        written, chunks = self.folder / "key.json", self._chunks()
        if chunks and written.exists():
            before = self._key_in(written)
            if before is not None:
                before.require(key, folder)
                return
        for chunk in chunks:  # of work that is in the store, whose removal was cut short, or of nobody knows which
            chunk.unlink()

    def _key_in(self, path: Path) -> TeacherKey | None:
        """None where the disk has damaged it: what it belongs to is unfinished work, which is simply done again."""
        try:
            return TeacherKey.from_dict(read_json(path), path)
        except InputError:
            path.unlink()
            return None

    def enter_into(self, ledger: Ledger) -> bool:
        """Enter what is on disk, oldest first, and was not entered before. Returns whether there was any."""
        before = len(self._entered)
        for path in self._chunks():
            if path in self._entered:
                continue
            try:
                ledger.add(*self._read(path))
                self._entered.add(path)
            except (SafetensorError, OSError, KeyError, TypeError, ValueError, InputError):
                path.unlink()  # unfinished work that a disk has damaged: it is simply done again
        return len(self._entered) > before

    def _read(self, path: Path) -> tuple[tuple[str, ...], NDArray[np.float16], NDArray[np.int64]]:
        with safe_open(path, "np") as chunk:
            names, rows, stamps = chunk.metadata()["files"], chunk.get_tensor("rows"), chunk.get_tensor("stamps")
        files: tuple[str, ...] = conform(tuple[str, ...], parse_json(names), "files")
        sizes = (len(files),) if self.key.views == 1 else (len(files), self.key.views)
        if (rows.dtype, stamps.dtype, stamps.shape) != (np.float16, np.int64, (len(files), 3)):
            raise ValueError("rows or stamps of another type or number")
        if rows.shape[:-1] != sizes or not np.isfinite(rows).all():
            raise ValueError("rows that are no features of these files")
        return files, rows, stamps

    def add(self, files: Sequence[str], rows: NDArray[np.float16], stamps: Sequence[Stamp]) -> None:
        """Note rows; they reach the disk once `rows_per_file` have come together."""
        self._files += files
        self._rows.append(rows)
        self._stamps += stamps
        if len(self._files) >= self.rows_per_file:
            self._write()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._files:
            self._write()

    def _chunks(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.safetensors"))

    def _write(self) -> None:
        written = self._chunks()
        if not written:
            write_json(self.folder / "key.json", self.key.as_dict())
        number = int(written[-1].stem) + 1 if written else 0
        tensors: dict[str, NDArray[Any]] = {
            "rows": np.concatenate(self._rows),
            "stamps": np.array(self._stamps, dtype=np.int64),
        }
        # as bytes: safetensors reports a full disk as an error of its own, without the system's number
        content = save(tensors, metadata={"files": json.dumps(self._files)})
        write_bytes(self.folder / f"{number:08d}.safetensors", content)
        self._files, self._rows, self._stamps = [], [], []

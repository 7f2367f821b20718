"""What is known of each image: where its row lies, among the arrays that hold rows, and the stamp it had then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipling.teacher.stamps import Stamp, confirmed

_COPIED_AT_ONCE = 1 << 16


@dataclass
class Ledger:
    """Rows (float16, memory-mapped or not) of many arrays under the names of their files. A later entry wins."""

    arrays: list[NDArray[np.float16]] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    times_differ: bool = False

    def add(self, files: Sequence[str], rows: NDArray[np.float16], stamps: NDArray[np.int64]) -> None:
        """Enter one array; row i of it and of `stamps` belongs to file i."""
        for row, (file, stamp) in enumerate(zip(files, stamps.tolist(), strict=True)):
            self.places[file] = (len(self.arrays), row)
            self.stamps[file] = Stamp(*stamp)
        self.arrays.append(rows)

    def holds(self, root: Path, file: str) -> bool:
        """Whether the image on disk is the one whose row is here; if not, the entry is struck out."""
        if file not in self.places:
            return False
        stamp = confirmed(root / file, self.stamps[file])
        if stamp is None:
            del self.places[file], self.stamps[file]
            return False
        self.times_differ |= stamp != self.stamps[file]
        self.stamps[file] = stamp
        return True

    def stamp_table(self, order: Sequence[str]) -> NDArray[np.int64]:
        """The stamps (N, 3) of the files in this order."""
        return np.array([self.stamps[file] for file in order], dtype=np.int64).reshape(-1, 3)

    def copy_rows(self, order: Sequence[str], out: NDArray[np.float16]) -> None:
        """Fill `out` (N, D) with the rows of the files in this order, array by array, a slice at a time."""
        places = np.array([self.places[file] for file in order], dtype=np.int64)
        for number, rows in enumerate(self.arrays):
            (here,) = np.nonzero(places[:, 0] == number)
            for start in range(0, len(here), _COPIED_AT_ONCE):
                part = here[start : start + _COPIED_AT_ONCE]
                out[part] = rows[places[part, 1]]

"""Values are what their hints say, whoever gives them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from clipling.contracts.conform import conform, from_values, require_types
from clipling.contracts.errors import InputError, refuse_outside
from clipling.contracts.limits import SEED, require_seed


@dataclass(frozen=True)
class Inner:
    share: float = 0.5
    name: str = "plain"


@dataclass(frozen=True)
class Outer:
    count: int
    inner: Inner = Inner()
    place: Path | None = None
    kind: Literal["a", "b"] = "a"
    pair: tuple[int, float] | None = None
    many: tuple[str, ...] = ()
    figures: dict[str, float | dict[str, float]] | None = None


def test_plain_values_become_what_the_hints_say() -> None:
    made = from_values(
        Outer,
        {
            "count": 3,
            "inner": {"share": 1},
            "place": "x/y",
            "kind": "b",
            "pair": [1, 2],
            "many": ["p", "q"],
            "figures": {"id": 1, "few": {"5": 0.5}},
        },
    )
    assert made == Outer(3, Inner(1.0), Path("x/y"), "b", (1, 2.0), ("p", "q"), {"id": 1.0, "few": {"5": 0.5}})
    assert isinstance(made.inner.share, float)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "mine.count is missing"),
        ({"count": 1.5}, "mine.count is 1.5; expected a whole number"),
        ({"count": True}, "mine.count is True; expected a whole number"),
        ({"count": "3"}, "mine.count is '3'; expected a whole number"),
        ({"count": [1, 2]}, r"mine.count is \[1, 2\]; expected a whole number"),
        ({"count": None}, "mine.count is None; expected a whole number"),
        ({"count": 1, "inner": 3}, "mine.inner is 3; expected an object, or group"),
        ({"count": 1, "inner": {"share": "half"}}, "mine.inner.share is 'half'; expected a number"),
        ({"count": 1, "inner": {"share": True}}, "mine.inner.share is True; expected a number"),
        ({"count": 1, "inner": {"shar": 1}}, "unknown setting in mine.inner 'shar': did you mean 'share'"),
        ({"count": 1, "kind": "c"}, "mine.kind is 'c'; expected one of a, b"),
        ({"count": 1, "kind": ["a"]}, "mine.kind is .*expected one of a, b"),
        ({"count": 1, "pair": [1]}, r"mine.pair is \[1\]; expected 2 values"),
        ({"count": 1, "pair": 1}, "mine.pair is 1; expected a list"),
        ({"count": 1, "many": "abc"}, "mine.many is 'abc'; expected a list"),
        ({"count": 1, "many": ["a", 2]}, "mine.many is 2; expected a text"),
        ({"count": 1, "place": 3}, "mine.place is 3; expected a path"),
        ({"count": 1, "figures": {"id": []}}, "mine.figures.id is "),
        ({"count": 1, "inner": {"share": 10**400}}, "mine.inner.share is .*expected a number"),
        (3, "mine is 3; expected an object, or group"),
        ([], r"mine is \[\]; expected an object, or group"),
    ],
)
def test_what_is_not_meant_is_named(values: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        from_values(Outer, values, "mine")


def test_other_fields_are_passed_over_where_that_is_asked_for() -> None:
    assert from_values(Outer, {"count": 1, "more": 2}, extra=True) == Outer(1)


def test_callers_in_python_may_use_tuples_lists_and_numbers_of_numpy() -> None:
    require_types(Outer(np.int64(3), Inner(np.float32(0.5)), pair=(1, 2), many=("a",)))  # type: ignore[arg-type]
    assert type(conform(int, np.int64(3), "n")) is int
    with pytest.raises(InputError, match=r"inner\.share is 'x'"):
        require_types(Inner("x"), "inner")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-5, SEED + 1, 10**30, 1.5, True, "3"])
def test_seeds_have_63_bits(seed: Any) -> None:
    with pytest.raises(InputError, match="seed is "):
        require_seed(seed)


def test_ranges_end_where_they_say() -> None:
    require_seed(0)
    require_seed(SEED)
    refuse_outside(workers=(None, 1, 8), share=(0.5, 0.0, 1.0), few=(8, 1, 8))
    for wrong, said in (
        ({"few": (9, 1, 8)}, "few is 9; expected at most 8"),
        ({"few": (0, 1, 8)}, "few is 0; expected at least 1"),
        ({"few": (2.0, 1, 8)}, "few is 2.0; expected a whole number"),
        ({"share": (float("nan"), 0.0, 1.0)}, "share is nan; expected at least 0"),
    ):
        with pytest.raises(InputError, match=said):
            refuse_outside(**wrong)  # type: ignore[arg-type]

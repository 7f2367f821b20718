"""What happens to files: cut, emptied, of another form. Each entry makes the new content of the old."""

from collections.abc import Callable, Iterator
from typing import Any

Damage = Callable[[bytes], bytes]

ANY: dict[str, Damage] = {
    "cut": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "not UTF-8": lambda content: b"\xff\xfe\x00" + content,
}
JSON: dict[str, Damage] = ANY | {
    "a number": lambda content: b"3",
    "a list of numbers": lambda content: b"[1, 2]",
    "a text": lambda content: b'"text"',
    "too deep to parse": lambda content: b"[" * 200_000,
    "too deep to walk": lambda content: b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
    "not a number": lambda content: b'{"a": NaN}',
    "more than a float holds": lambda content: b'{"a": 1e999}',
    "thousands of digits": lambda content: b'{"a": ' + b"9" * 5000 + b"}",
    "hundreds of digits": lambda content: b'{"a": -' + b"9" * 400 + b"}",
    "a key twice": lambda content: b'{"a": 1, "a": 2}',
}
YAML: dict[str, Damage] = {
    "emptied": lambda content: b"",
    "not UTF-8": lambda content: b"\xff" + content,
    "a number": lambda content: b"3",
    "a list": lambda content: b"- 1\n- 2\n",
    "too deep to parse": lambda content: b"a: " + b"[" * 5000,
    "too deep to walk": lambda content: b"a: " + b"[" * 100 + b"]" * 100,
    "an anchor": lambda content: content + b"mine: &mine [*mine]\n",
    "a tag": lambda content: content + b"mine: !!python/object/apply:os.getcwd []\n",
    "a date by its tag": lambda content: content + b"mine: !!timestamp 2024-02-30\n",
    "a key twice": lambda content: content + content,
    "a key that is no text": lambda content: content + b"1: one\n",
    "a key that is a list": lambda content: content + b"? [a, b]\n: one\n",
    "thousands of digits": lambda content: content + b"mine: " + b"9" * 5000 + b"\n",
    "not a number": lambda content: content + b"mine: .nan\n",
    "two documents": lambda content: content + b"---\na: 1\n",
}
OTHER_VALUES: tuple[Any, ...] = (None, True, -1, 1.5, 10**200, "text", "", [], [1], ["a"], {}, {"a": 1}, {"a": []})


def with_other_values(record: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The record with each of its fields in turn holding something else: field, value, record."""
    for field in record:
        for value in OTHER_VALUES:
            yield field, value, {**record, field: value}

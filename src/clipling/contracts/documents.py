"""JSON and YAML as a stranger may have written them: plain values of bounded depth and size, or the reason why not.

Plain are objects with text keys, each key once, lists, text, finite numbers, true, false and null.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterable
from math import isfinite
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

DEEPEST = 64
"""Lists and objects inside one another. No file of ours has more than six."""
_LARGEST = 10**300
"""Whole numbers below it can be compared with any float."""
_TOO_DEEP = f"lists or objects more than {DEEPEST} deep"


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError, with the reason, for anything that is not plain."""
    try:
        return _plain(json.loads(text, object_pairs_hook=_each_key_once))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def parse_yaml(text: str) -> Any:
    """The value of a YAML text. Raises ValueError, with the reason, for anything that is not plain.

    Tags, anchors and aliases are not read; a date is a text.
    """
    try:
        return _plain(yaml.load(text, _PlainLoader))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}{error.problem}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _repeated(keys: Iterable[str]) -> str | None:
    """The first key that comes more than once."""
    return next((key for key, times in Counter(keys).items() if times > 1), None)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"the key '{_repeated(key for key, _ in pairs)}' comes more than once")
    return found


def _plain(value: Any) -> Any:
    """The value itself; it is walked without recursion."""
    level, depth = [value], 0
    while level:
        for item in level:
            if isinstance(item, float) and not isfinite(item):
                raise ValueError(f"{item} where a finite number belongs")
            if isinstance(item, int) and not -_LARGEST < item < _LARGEST:
                raise ValueError("a whole number of more than 300 digits")
        groups = [item for item in level if isinstance(item, dict | list)]
        if depth == DEEPEST and groups:
            raise ValueError(_TOO_DEEP)
        level = [inner for group in groups for inner in (group.values() if isinstance(group, dict) else group)]
        depth += 1
    return value


class _PlainLoader(yaml.SafeLoader):
    """The YAML that settings need: no tags, no anchors, keys that are text and come once, dates left as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  declared so by yaml
        first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ComposerError(None, None, "anchors and aliases (& and *) are not read", event.start_mark)
        if getattr(event, "tag", None):
            raise ComposerError(None, None, "tags (!) are not read", event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if odd := [key for key in keys if not isinstance(key, str)]:
            raise ConstructorError(None, None, f"the key {odd[0]!r} is no text; put it in quotes", node.start_mark)
        if twice := _repeated(keys):
            raise ConstructorError(None, None, f"the key '{twice}' comes more than once", node.start_mark)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found

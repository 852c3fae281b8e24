"""YAML as nodes that know their line, with the meaning that the reference's YAML library gives to scalars.

Composed, not constructed: a constructed document has no positions, and turns `regex: 1` into a number where the
configuration wants the text as it was written. Aliases are followed; the number of nodes is limited, so a file of
aliases to aliases (a "billion laughs") ends with an error. So is their depth, twice: libyaml's composer recurses in C, where
100,000 brackets overflow the stack and end the process, and what reads the nodes recurses in Python.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from vedette.model.errors import BadInput, ConfigError

NODES_MAX: Final = 2_000_000
DEPTH_MAX: Final = 200
"""Lists and maps inside one another: of routes, a hundred."""
_COMPOSED_DEPTH_MAX: Final = 5_000
"""What the composer certainly manages on a thread's stack."""
_NULL: Final = "tag:yaml.org,2002:null"
_BINARY: Final = "tag:yaml.org,2002:binary"
_MERGE: Final = "tag:yaml.org,2002:merge"
_TRUE: Final = frozenset({"y", "yes", "true", "on"})
_FALSE: Final = frozenset({"n", "no", "false", "off"})


@dataclass(slots=True)
class Document:
    """One file while it is read: its name for errors, its directory for relative paths, the nodes still allowed."""

    file: str
    directory: Path
    nodes_left: int = NODES_MAX
    ignore_unknown_fields: bool = False
    """Of sections, at any depth."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML node and its dotted key, such as `scrape_configs[0].scrape_interval`."""

    raw: yaml.Node
    key: str
    document: Document
    depth: int = 1

    @property
    def line(self) -> int:
        return self.raw.start_mark.line + 1 if self.raw.start_mark else 0

    def error(self, message: str, hint: str = "") -> ConfigError:
        return ConfigError(message, file=self.document.file, line=self.line, key=self.key, hint=hint)

    def located(self, error: BadInput) -> ConfigError:
        return error if isinstance(error, ConfigError) else self.error(error.message, error.hint)

    def mismatch(self, wanted: str) -> ConfigError:
        kind = self.raw.tag.replace("tag:yaml.org,2002:", "!!")
        shown = f" `{self.raw.value}`" if isinstance(self.raw, yaml.ScalarNode) else ""
        return self.error(f"unmarshal errors: line {self.line}: cannot unmarshal {kind}{shown} into {wanted}")

    @property
    def is_null(self) -> bool:
        return isinstance(self.raw, yaml.ScalarNode) and self.raw.tag == _NULL

    def text(self) -> str:
        """The scalar as it is written; bytes of a `!!binary` that are not UTF-8 become surrogate escapes."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.mismatch("string")
        if self.raw.tag != _BINARY:
            return str(self.raw.value)
        try:
            return base64.b64decode(self.raw.value, validate=True).decode(errors="surrogateescape")
        except (binascii.Error, ValueError):
            raise self.error("!!binary value contains invalid base64 data") from None

    def boolean(self) -> bool:
        text = self.text().lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        raise self.mismatch("bool")

    def integer(self) -> int:
        try:
            return int(self.text().replace("_", ""), 0)
        except ValueError:
            raise self.mismatch("int") from None

    def number(self) -> float:
        try:
            return float(self.text().replace("_", ""))
        except ValueError:
            raise self.mismatch("float64") from None

    def items(self) -> list[Node]:
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.mismatch("[]string")
        return [self._child(child, f"{self.key}[{index}]") for index, child in enumerate(self.raw.value)]

    def fields(self, type_name: str = "map") -> Iterator[tuple[Node, Node]]:
        """The key and value nodes, merge keys (`<<`) spread first. A key said twice is an error, as upstream."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.mismatch(type_name)
        seen: set[str] = set()
        for key, value in self._pairs(self.raw):
            name = self._child(key, self.key).text()
            if name in seen:
                wording = (
                    f'key "{name}" already set in map'
                    if type_name == "map"
                    else f"field {name} already set in type {type_name}"
                )
                raise Node(key, self.key, self.document).error(
                    f"unmarshal errors: line {key.start_mark.line + 1}: {wording}"
                )
            seen.add(name)
            yield self._child(key, self.key), self._child(value, f"{self.key}.{name}" if self.key else name)

    def _pairs(self, mapping: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
        own = [(key, value) for key, value in mapping.value if key.tag != _MERGE]
        names = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
        for key, value in mapping.value:
            if key.tag != _MERGE:
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                merged = self._pairs(source) if isinstance(source, yaml.MappingNode) else []
                merged = [pair for pair in merged if isinstance(pair[0], yaml.ScalarNode)]
                own.extend(pair for pair in merged if pair[0].value not in names)
                names.update(pair[0].value for pair in merged)
        return own

    def _child(self, raw: yaml.Node, key: str) -> Node:
        self.document.nodes_left -= 1
        if self.document.nodes_left < 0:
            raise self.error("too many values", hint="aliases to aliases multiply; write the values out")
        if self.depth >= DEPTH_MAX and isinstance(raw, yaml.CollectionNode):
            raise _too_deep(self.document.file, self.line)
        return Node(raw, key, self.document, self.depth + 1)

    def plain(self) -> Any:
        """Dicts, lists and scalars, for sections that are kept as they are."""
        if isinstance(self.raw, yaml.MappingNode):
            return {key.text(): value.plain() for key, value in self.fields()}
        if isinstance(self.raw, yaml.SequenceNode):
            return [item.plain() for item in self.items()]
        if self.is_null:
            return None
        return _SCALARS.get(self.raw.tag, Node.text)(self)


_SCALARS: Final[dict[str, Any]] = {
    "tag:yaml.org,2002:bool": Node.boolean,
    "tag:yaml.org,2002:int": Node.integer,
    "tag:yaml.org,2002:float": Node.number,
}


def parse_yaml(text: str, document: Document, *, first_document: bool = False) -> Node | None:
    """The root node; None for an empty document. Raises ConfigError where the text is not YAML.

    `first_document`: others may follow it, and are not looked at.
    """
    try:
        if _might_be_deep(text):
            _check_depth(text, document)
        if first_document:
            root = next(yaml.compose_all(text, Loader=_loader()), None)
        else:
            root = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"yaml: {error.problem or error.context or 'malformed document'}"
        raise ConfigError(message, file=document.file, line=mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise ConfigError(f"yaml: {error}", file=document.file) from None
    return Node(root, "", document) if root is not None else None


def _might_be_deep(text: str) -> bool:
    """Each level of a document takes a bracket, or a column of the longest line (two share it: a key, and its list)."""
    longest = max(map(len, text.splitlines()), default=0)
    return text.count("[") + text.count("{") + 2 * longest > _COMPOSED_DEPTH_MAX


def _check_depth(text: str, document: Document) -> None:
    """Raises ConfigError. The events come one by one, from a parser that does not recurse."""
    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                raise _too_deep(document.file, event.start_mark.line + 1 if event.start_mark else 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(file: str, line: int) -> ConfigError:
    return ConfigError(f"yaml: nested more than {DEPTH_MAX} levels deep", file=file, line=line)


def _loader() -> Any:
    """libyaml's loader where the wheel has it (10 times faster), else the pure one."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)

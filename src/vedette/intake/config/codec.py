"""Sections as frozen dataclasses: one declaration reads a section, with positions, and writes it back.

A field's type says how it is read and written (`SCALARS`); a field's metadata may say
- `key`: the YAML key, where it is not the field's name (`from`, `global`),
- `formerly`: an older key that is taken with a warning,
- `always`: written even when it is empty,
- `optional`: written unless it is None, so also when it is zero,
- `inline`: the fields of that section stand in the parent,
- `rest`: a mapping that takes these keys, as plain values, once its `refuse` (of the same metadata) has seen their node,
- `hidden`: no part of the file.
A section may define `check(self)`, which returns the section, normalised, or raises BadInput (the reader adds file,
line and key), and `TYPE`, its name in the reference's messages. Null means the type's zero, not the default: so says the reference's YAML library.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from vedette.intake.config.values import (
    HIDDEN,
    NO_DURATION,
    NO_PATH,
    NO_SECRET,
    NO_SIZE,
    ByteSize,
    DurationMs,
    FilePath,
    Secret,
    format_size,
    parse_size,
)
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.time import format_duration, parse_duration_ms

T = TypeVar("T")


class Scalar(NamedTuple):
    read: Callable[[Node], Any]
    zero: Any
    write: Callable[[Any], Any]


def _read_duration(node: Node) -> DurationMs:
    return DurationMs(parse_duration_ms(node.text()))


def _read_path(node: Node) -> FilePath:
    text = node.text()
    return FilePath(str(node.document.directory / text) if text else "")


def _as_is(value: Any) -> Any:
    return value


SCALARS: Final[dict[Any, Scalar]] = {
    str: Scalar(Node.text, "", _as_is),
    bool: Scalar(Node.boolean, False, _as_is),
    int: Scalar(Node.integer, 0, _as_is),
    float: Scalar(Node.number, 0.0, _as_is),
    DurationMs: Scalar(_read_duration, NO_DURATION, format_duration),
    ByteSize: Scalar(lambda node: parse_size(node.text()), NO_SIZE, format_size),
    FilePath: Scalar(_read_path, NO_PATH, _as_is),
    Secret: Scalar(lambda node: Secret(node.text()), NO_SECRET, lambda secret: HIDDEN if secret else ""),
}


def read_section(kind: type[T], node: Node) -> T:
    """Raises ConfigError for unknown, repeated or malformed fields and for what `check` refuses."""
    return _read_fields(kind, node, ignore_unknown=False)


def read_known(kind: type[T], node: Node) -> T:
    """As `read_section`, from a mapping that has other fields too."""
    return _read_fields(kind, node, ignore_unknown=True)


def _read_fields(kind: type[T], node: Node, *, ignore_unknown: bool) -> T:
    type_name = getattr(kind, "TYPE", kind.__name__)
    fields = _fields(typing.cast("Hashable", kind))
    values: dict[str, Any] = {}
    for key, value in node.fields(type_name):
        name = key.text()
        if name in fields:
            _store(values, fields[name], name, value)
        elif not (ignore_unknown or node.document.ignore_unknown_fields):
            message = f"unmarshal errors: line {key.line}: field {name} not found in type {type_name}"
            raise key.error(message, _hint_for(name, fields))
    try:
        return typing.cast("T", _checked(_build(kind, values)))
    except BadInput as error:
        raise node.located(error) from None


def _hint_for(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"it takes {', '.join(known)}"


def _checked(section: Any) -> Any:
    return section.check() if hasattr(section, "check") else section


class _Field(NamedTuple):
    """`path`: attribute names from the section down through its inlined sections."""

    path: tuple[str, ...]
    type: Any
    refuse: Callable[[Node], None] | None = None
    """Of a key that is kept as it is."""
    renamed_to: str = ""


@cache
def _fields(kind: Hashable) -> dict[str, _Field]:
    assert isinstance(kind, type)
    hints = typing.get_type_hints(kind)
    found: dict[str, _Field] = {}
    for field in dataclasses.fields(kind):
        if field.metadata.get("inline"):
            for key, inner in _fields(hints[field.name]).items():
                found[key] = inner._replace(path=(field.name, *inner.path))
        elif "rest" in field.metadata:
            found.update((key, _Field((field.name,), None, field.metadata["refuse"])) for key in field.metadata["rest"])
        elif not field.metadata.get("hidden"):
            key = field.metadata.get("key", field.name)
            found[key] = _Field((field.name,), hints[field.name])
            if "formerly" in field.metadata:
                found[field.metadata["formerly"]] = found[key]._replace(renamed_to=key)
    return found


def _store(values: dict[str, Any], field: _Field, name: str, node: Node) -> None:
    if field.renamed_to:
        node.document.warnings.append(f"{node.key}: this name is deprecated; write {field.renamed_to}")
    for part in field.path[:-1]:
        values = values.setdefault(part, {})
    if field.refuse is not None:
        field.refuse(node)
        values.setdefault(field.path[-1], {})[name] = node.plain()
    else:
        values[field.path[-1]] = read_value(field.type, node)


def _build(kind: type[Any], values: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.metadata.get("inline"):
            values[field.name] = _build(hints[field.name], values.get(field.name, {}))
    return kind(**values)


def read_value(kind: Any, node: Node) -> Any:
    try:
        return _read_value(kind, node)
    except BadInput as error:
        raise node.located(error) from None


def _read_value(kind: Any, node: Node) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = next(argument for argument in arguments if argument is not type(None))
        return None if node.is_null else _read_value(inner, node)
    if origin is tuple:
        return () if node.is_null else tuple(read_value(arguments[0], item) for item in node.items())
    if origin is not None and issubclass(origin, Mapping):
        return {} if node.is_null else {key.text(): read_value(arguments[1], value) for key, value in node.fields()}
    if kind in SCALARS:
        return SCALARS[kind].zero if node.is_null else SCALARS[kind].read(node)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(node.text())
    return _checked(kind()) if node.is_null else read_section(kind, node)


def write_section(section: Any) -> dict[str, Any]:
    """The section as plain values, ready for YAML; secrets read `<secret>`, empty fields are left out."""
    return dict(_written(section))


def _written(section: Any) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(type(section))
    for field in dataclasses.fields(section):
        value = getattr(section, field.name)
        if field.metadata.get("inline"):
            yield from _written(value)
        elif "rest" in field.metadata:
            yield from hide_secrets(value).items()
        elif not field.metadata.get("hidden") and _is_written(field, value):
            yield field.metadata.get("key", field.name), write_value(hints[field.name], value)


def _is_written(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.metadata.get("optional"):
        return value is not None
    return bool(field.metadata.get("always")) or _is_set(value)


def _is_set(value: Any) -> bool:
    if dataclasses.is_dataclass(value):
        return bool(write_section(value))
    return isinstance(value, Enum) or bool(value)


def write_value(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return write_value(next(argument for argument in arguments if argument is not type(None)), value)
    if kind in SCALARS:
        return SCALARS[kind].write(value)
    if isinstance(value, tuple):
        return [write_value(arguments[0], item) for item in value]
    if isinstance(value, Mapping):
        return {key: write_value(arguments[1], item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    return write_section(value) if dataclasses.is_dataclass(value) else value


_SECRET_WORDS: Final = ("password", "secret", "token", "credentials", "passphrase", "api_key", "application_key")
_SECRET_KEYS: Final = frozenset({"consumer_key", "service_account_key", "private_key", "secrets", "secret_key", "key"})
_NOT_SECRET: Final = ("_file", "_ref", "_url")


def hide_secrets(value: Any) -> Any:
    """A copy of a plain value in which what stands under a secret's key reads `<secret>`."""
    if isinstance(value, Mapping):
        return {key: _hide(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [hide_secrets(item) for item in value]
    return value


def _hide(key: str, value: Any) -> Any:
    secret = key in _SECRET_KEYS or (key.endswith(_SECRET_WORDS) and not key.endswith(_NOT_SECRET))
    if not secret or isinstance(value, Mapping) or value in (None, ""):
        return hide_secrets(value)
    return [HIDDEN] * len(value) if isinstance(value, list) else HIDDEN

"""What a template's values are, and how Go would see them: types by name, truth, length, members.

Go                          here
bool, int, float64, string  bool, int, float, str
nil                         None
slice                       list, tuple
map[string]string           StringMap (an absent key is the empty string)
map[string]any              dict (an absent key is no value)
struct                      an object with `go_type` and `member`
method, func                Method, or any callable among the functions
template.HTML               SafeHtml
template.URL                SafeUrl
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from vedette.signals.template.errors import FunctionError

NO_VALUE: Final = "<no value>"


@runtime_checkable
class Exposed(Protocol):
    """A struct as templates see it. `str(value)` is what it prints."""

    @property
    def go_type(self) -> str: ...

    def member(self, name: str) -> Any:
        """A field's value, or a Method. Raises KeyError."""
        ...


@dataclass(frozen=True, slots=True)
class Method:
    """Called where it stands, with the arguments behind it."""

    call: Callable[..., Any]


class StringMap(dict[str, str]):
    """map[string]string, with methods where the caller's type has some."""

    methods: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    go_type: ClassVar[str] = "map[string]string"


class SafeHtml(str):
    """Text that is HTML already and is not escaped again."""


class SafeUrl(str):
    """A URL, or part of one, that is not escaped again."""


def type_name(value: Any) -> str:
    """Go's name of the type, as %T prints it."""
    match value:
        case None:
            return "<nil>"
        case SafeHtml():
            return "template.HTML"
        case SafeUrl():
            return "template.URL"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case StringMap():
            return value.go_type
        case Mapping():
            return "map[string]interface {}"
        case list() | tuple():
            return "[]string" if value and all(isinstance(each, str) for each in value) else "[]interface {}"
    return str(getattr(value, "go_type", type(value).__name__))


def is_true(value: Any) -> bool:
    """Empty is false: zero, "", nil, a map or slice without elements. A struct is always true."""
    if value is None:
        return False
    if isinstance(value, (bool, int, float, str, Mapping, list, tuple)):
        return bool(value)
    return True


def length(value: Any) -> int:
    """Raises FunctionError for what has none."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (Mapping, list, tuple)):
        return len(value)
    if value is None:
        raise FunctionError("len of nil pointer")
    raise FunctionError(f"len of type {type_name(value)}")


def index(value: Any, *keys: Any) -> Any:
    """`index x 1 "a"`: x[1]["a"]. Raises FunctionError."""
    for key in keys:
        value = _element(value, key)
    return value


def _element(value: Any, key: Any) -> Any:
    if value is None:
        raise FunctionError("index of untyped nil")
    if isinstance(value, Mapping):
        if not isinstance(key, str):
            raise FunctionError(f"value has type {type_name(key)}; should be string")
        return value.get(key, "" if isinstance(value, StringMap) else None)
    if isinstance(value, (str, list, tuple)):
        items: Sequence[Any] = value.encode() if isinstance(value, str) else value
        return items[_place(key, len(items), closed=False)]
    raise FunctionError(f"can't index item of type {type_name(value)}")


def slice_of(value: Any, *bounds: Any) -> Any:
    """`slice x 1 2`: x[1:2]. Raises FunctionError."""
    if value is None:
        raise FunctionError("slice of untyped nil")
    if len(bounds) > 3 or (len(bounds) == 3 and isinstance(value, str)):
        text = "cannot 3-index slice a string" if isinstance(value, str) else f"too many slice indexes: {len(bounds)}"
        raise FunctionError(text)
    if not isinstance(value, (str, list, tuple)):
        raise FunctionError(f"can't slice item of type {type_name(value)}")
    items: Any = value.encode() if isinstance(value, str) else value
    places = [_place(bound, len(items), closed=True) for bound in bounds]
    start, stop = (places + [len(items)] * 2)[:2] if places else (0, len(items))
    if start > stop:
        raise FunctionError(f"invalid slice index: {start} > {stop}")
    cut = items[start:stop]
    return cut.decode(errors="replace") if isinstance(value, str) else cut


def _place(key: Any, size: int, *, closed: bool) -> int:
    if key is None:
        raise FunctionError("cannot index slice/array with nil")
    if isinstance(key, bool) or not isinstance(key, int):
        raise FunctionError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key < size + closed:
        raise FunctionError(f"index out of range: {key}")
    return key

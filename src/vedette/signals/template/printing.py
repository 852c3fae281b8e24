"""Go's fmt: how values print, and Printf with its verbs, flags, widths and complaints.

`%v` of a float is the shortest text that reads back, with an exponent below 1e-4 and from 1e6 on.
Source of semantics: https://pkg.go.dev/fmt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vedette.model.numbers import format_general
from vedette.model.quoting import quote
from vedette.signals.template.values import Exposed, type_name

WIDTH_MAX: Final = 10_000
"""Of a field; Go refuses a million, which a template has no use for either."""

_VERB: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?:\[(?P<place>\d+)\])?(?P<verb>.)?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Directive:
    """One verb of a format. `width` and `precision` None where absent."""

    verb: str
    flags: str
    width: int | None
    precision: int | None

    def pad(self, text: str) -> str:
        if self.width is None or len(text) >= self.width:
            return text
        if "-" in self.flags:
            return text.ljust(self.width)
        if "0" in self.flags:
            sign = text[:1] if text[:1] in ("+", "-") else ""
            return sign + text[len(sign) :].rjust(self.width - len(sign), "0")
        return text.rjust(self.width)

    def pad_with_spaces(self, text: str) -> str:
        return Directive(self.verb, self.flags.replace("0", ""), self.width, None).pad(text)

    def signed(self, text: str) -> str:
        if text.startswith(("-", "+")):
            return text
        return f"+{text}" if "+" in self.flags else f" {text}" if " " in self.flags else text


def print_values(values: Sequence[Any]) -> str:
    """As Sprint: a space between operands neither of which is a string."""
    out = []
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            out.append(" ")
        out.append(show(value))
    return "".join(out)


def print_line(values: Sequence[Any]) -> str:
    """As Sprintln."""
    return " ".join(map(show, values)) + "\n"


def print_formatted(text: str, *values: Any) -> str:
    """As Sprintf: what is wrong is said in the output."""
    out: list[str] = []
    at, used, reordered = 0, 0, False
    for match in _VERB.finditer(text):
        out.append(text[at : match.start()])
        at = match.end()
        verb = match["verb"]
        if verb is None:
            out.append("%!(NOVERB)")
            continue
        if verb == "%":
            out.append("%")
            continue
        width, used, complaint = _number(match["width"], values, used, "WIDTH")
        precision, used, second = _number(match["precision"], values, used, "PREC")
        out.append(complaint + second)
        flags = match["flags"]
        if width is not None and width < 0:
            flags, width = flags + "-", -width
        if match["place"] is not None:
            used, reordered = int(match["place"]) - 1, True
        if not 0 <= used < len(values):
            out.append(f"%!{verb}({'BADINDEX' if match['place'] else 'MISSING'})")
            continue
        out.append(format_value(values[used], Directive(verb, flags, width, precision)))
        used += 1
    out.append(text[at:])
    if used < len(values) and not reordered:
        extra = ", ".join("<nil>" if value is None else f"{type_name(value)}={show(value)}" for value in values[used:])
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _number(text: str | None, values: Sequence[Any], used: int, what: str) -> tuple[int | None, int, str]:
    """(the number, how many operands are used up, a complaint)"""
    if text is None:
        return None, used, ""
    if text != "*":
        number = int(text or 0)
        return (number, used, "") if number <= WIDTH_MAX else (None, used, f"%!(BAD{what})")
    if used < len(values) and isinstance(values[used], int) and abs(values[used]) <= WIDTH_MAX:
        return values[used], used + 1, ""
    return None, used + 1, f"%!(BAD{what})"


def format_value(value: Any, directive: Directive) -> str:
    if directive.verb == "T":
        return directive.pad_with_spaces(type_name(value))
    if value is None:
        return directive.pad_with_spaces("<nil>") if directive.verb == "v" else f"%!{directive.verb}(<nil>)"
    if directive.verb == "v" and "#" in directive.flags and isinstance(value, str):
        return directive.pad_with_spaces(quote(value))
    match value:
        case bool():
            return _format_bool(value, directive)
        case int():
            return _format_int(value, directive)
        case float():
            return _format_float(value, directive)
        case str():
            return _format_text(value, directive)
        case Mapping() | list() | tuple() if type(value).__str__ is object.__str__:  # without a String method
            return _format_members(value, directive)
    if directive.verb in "vsqxX":
        return _format_text(str(value), directive)
    return _bad_verb(value, directive)


def show(value: Any) -> str:
    """%v."""
    return format_value(value, _PLAIN)


_PLAIN: Final = Directive("v", "", None, None)


def _bad_verb(value: Any, directive: Directive) -> str:
    return f"%!{directive.verb}({type_name(value)}={show(value)})"


def _format_bool(value: bool, directive: Directive) -> str:
    if directive.verb not in "tv":
        return _bad_verb(value, directive)
    return directive.pad_with_spaces("true" if value else "false")


_INT_BASES: Final = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES: Final = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def _format_int(value: int, directive: Directive) -> str:
    verb = directive.verb
    if verb in _INT_BASES:
        digits = format(abs(value), _INT_BASES[verb])
        if directive.precision is not None:
            digits = "" if not value and not directive.precision else digits.rjust(directive.precision, "0")
        prefix = _PREFIXES.get(verb, "") if "#" in directive.flags else "0o" if verb == "O" else ""
        text = directive.signed(f"{'-' if value < 0 else ''}{prefix}{digits}")
        return directive.pad(text) if directive.precision is None else directive.pad_with_spaces(text)
    if verb == "c":
        return directive.pad_with_spaces(_character(value))
    if verb == "q":
        return directive.pad_with_spaces(
            "'" + quote(_character(value))[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
        )
    if verb == "U":
        return directive.pad_with_spaces(
            f"U+{value:04X}" + (f" '{_character(value)}'" if "#" in directive.flags else "")
        )
    return _bad_verb(value, directive)


def _character(code: int) -> str:
    return chr(code) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _format_float(value: float, directive: Directive) -> str:
    verb, precision = directive.verb, directive.precision
    if verb not in "vgGeEfFxXb":
        return _bad_verb(value, directive)
    if math.isnan(value) or math.isinf(value):
        text = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
        if "+" not in directive.flags and " " not in directive.flags:
            text = text.removeprefix("+")
            text = f"+{text}" if text == "Inf" else text
        return directive.pad_with_spaces(directive.signed(text) if text == "NaN" else text)
    return directive.pad(directive.signed(_digits(value, verb, precision, "#" in directive.flags)))


def _digits(value: float, verb: str, precision: int | None, sharp: bool) -> str:
    match verb:
        case "v" | "g" | "G":
            if sharp:
                text = format(value, f"#.{6 if precision is None else precision}g")
            else:
                text = format_general(value, -1 if precision is None else precision)
            return text.upper() if verb == "G" else text
        case "f" | "F":
            return f"{value:.{6 if precision is None else precision}f}"
        case "e" | "E":
            return format(value, f".{6 if precision is None else precision}{verb}")
        case "b":
            fraction, exponent = math.frexp(value)
            return f"{int(fraction * 2**53)}p{exponent - 53:+d}"
        case _:
            mantissa, _, exponent_text = value.hex().partition("p")
            mantissa = re.sub(r"\.?0*$", "", mantissa)
            text = f"{mantissa}p{int(exponent_text):+03d}"
            return text.upper() if verb == "X" else text


def _format_text(value: str, directive: Directive) -> str:
    verb = directive.verb
    if verb in "sv":
        cut = value if directive.precision is None else value[: directive.precision]
        return directive.pad(cut)
    if verb == "q":
        cut = value if directive.precision is None else value[: directive.precision]
        if "#" in directive.flags and "`" not in cut and cut.isprintable():
            return directive.pad_with_spaces(f"`{cut}`")
        return directive.pad_with_spaces(quote(cut))
    if verb in "xX":
        data = value.encode()[: directive.precision]
        text = data.hex(" ") if " " in directive.flags else data.hex()
        if "#" in directive.flags:
            text = " ".join(f"0x{part}" for part in text.split(" ")) if text else text
        return directive.pad_with_spaces(text.upper() if verb == "X" else text)
    return _bad_verb(value, directive)


def _format_members(value: Any, directive: Directive) -> str:
    """A map is in the order of its keys."""
    if isinstance(value, Mapping):
        items = (f"{format_value(key, directive)}:{format_value(value[key], directive)}" for key in sorted(value))
        return f"map[{' '.join(items)}]"
    return f"[{' '.join(format_value(each, directive) for each in value)}]"


def show_exposed(value: Exposed, names: Sequence[str]) -> str:
    """A struct without a String method: its fields in braces."""
    return "{" + " ".join(show(value.member(name)) for name in names) + "}"

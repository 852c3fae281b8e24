"""Files that cron jobs and scripts leave: every `*.prom` in the given folders, checked line by line, served as it is."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.families import UNTYPED, Family, gauge
from vedette.agent.node.host import Host

FILE_BYTES_MAX = 16 << 20

_SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)\Z')
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|\Z)')
_SUFFIXES = ("_bucket", "_sum", "_count")


def textfile(host: Host) -> Iterator[Family]:
    """A file with an error is left out whole and sets node_textfile_scrape_error; timestamps are refused, as upstream does."""
    modified = gauge("textfile_mtime_seconds", "When the file was last changed, in seconds since 1970.")
    families: dict[str, Family] = {}
    folders = [folder for pattern in host.textfile_directories for folder in matching_folders(pattern)]
    errors = sum(not folder.is_dir() for folder in folders)
    for file in sorted(file for folder in folders for file in folder.glob("*.prom")):
        try:
            read = read_page(file)
            modified.add(file.stat().st_mtime, file=str(file))
        except (OSError, ValueError):
            errors += 1
            continue
        for name, family in read.items():
            families.setdefault(name, Family(name, family.type, family.help)).samples += family.samples
    yield from families.values()
    yield modified
    yield gauge("textfile_scrape_error", "1 if a text file could not be read or parsed.").add(1 if errors else 0)


def matching_folders(pattern: Path) -> list[Path]:
    """A directory may be given with wildcards. One that matches nothing stays as it is, so that its absence is seen."""
    return [Path(name) for name in glob.glob(str(pattern))] or [pattern]


def read_page(file: Path) -> dict[str, Family]:
    """The families of one file. Raises ValueError with the line that is wrong."""
    if file.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"{file}: larger than {FILE_BYTES_MAX} bytes")
    families: dict[str, Family] = {}
    for line in file.read_text().splitlines():
        line = line.strip()
        words = line.split(None, 3)
        if line.startswith("#"):
            if len(words) >= 3 and words[1] in ("HELP", "TYPE"):
                family = families.setdefault(words[2], Family(words[2], UNTYPED, f"Metric read from {file}"))
                text = words[3] if len(words) > 3 else ""
                if words[1] == "TYPE":
                    family.type = text
                else:
                    family.help = text.replace("\\n", "\n").replace("\\\\", "\\")
        elif line:
            name, labels, value = parse_sample(line)
            owner = families.get(base_name(name, families)) or families.setdefault(
                name, Family(name, UNTYPED, f"Metric read from {file}")
            )
            owner.add_named(name, value, labels)
    return families


def parse_sample(line: str) -> tuple[str, dict[str, str], float]:
    match = _SAMPLE.match(line)
    if match is None:
        raise ValueError(f"not a sample without timestamp: {line}")
    name, inner, value = match.groups()
    labels: dict[str, str] = {}
    position = 0
    while inner and position < len(inner):
        label = _LABEL.match(inner, position)
        if label is None:
            raise ValueError(f"not a list of labels: {inner}")
        labels[label.group(1)] = label.group(2).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        position = label.end()
    return name, labels, float(value)


def base_name(name: str, families: dict[str, Family]) -> str:
    """The family that owns a sample: `x_bucket` belongs to the histogram `x`."""
    for suffix in _SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in families and families[base].type in ("histogram", "summary"):
            return base
    return name

"""Sensors: /sys/class/hwmon, one folder a chip with files TYPE NUMBER _PROPERTY such as `temp1_crit`.

Which unit a file has follows from type and property (kernel documentation, hwmon/sysfs-interface); UNITS is that table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.families import Family, FamilySet, Make, counter, gauge
from vedette.agent.node.host import Host, read_or

TYPES = [
    "vrm",
    "beep_enable",
    "update_interval",
    "in",
    "cpu",
    "fan",
    "pwm",
    "temp",
    "curr",
    "power",
    "energy",
    "humidity",
    "intrusion",
    "freq",
]
_FILE = re.compile(r"([^0-9]+)([0-9]*)(?:_(.+))?\Z")

UNITS: tuple[tuple[str, str, Make, str, float], ...] = (
    (r"\w+", r"fault|alarm", gauge, "", 1),
    (r"\w+", r"beep", gauge, "_enabled", 1),
    (r"in|cpu", r".*", gauge, "_volts", 1e3),
    (r"temp", r"(?!type\Z).*", gauge, "_celsius", 1e3),
    (r"curr", r".*", gauge, "_amps", 1e3),
    (r"energy", r".*", counter, "_joule_total", 1e6),
    (r"power", r"accuracy", gauge, "", 1e6),
    (r"power", r"average_interval(_min|_max)?", gauge, "_seconds", 1e3),
    (r"power", r".*", gauge, "_watt", 1e6),
    (r"humidity", r".*", gauge, "", 1e6),
    (r"fan", r"input|min|max|target", gauge, "_rpm", 1),
    (r"freq", r"input", gauge, "_freq_mhz", 1e6),
    (r".*", r".*", gauge, "", 1),
)
"""Type and property (first match counts), the family's type, the suffix of its name, and what to divide by."""
WHOLE_CHIP: dict[str, tuple[str, float, str]] = {
    "beep_enable": ("beep_enabled", 1, "1 if the chip may beep."),
    "vrm": ("voltage_regulator_version", 1, "Version of the voltage regulator."),
    "update_interval": ("update_interval_seconds", 1e3, "Seconds between two readings of the chip."),
}

Sensors = dict[tuple[str, str], dict[str, str]]


def hwmon(host: Host) -> Iterator[Family]:
    families = FamilySet("hwmon")
    for chip, folder in named_chips([folder for folder in host.class_folders("hwmon") if folder.is_dir()]):
        name = clean(read_or(folder / "name"))
        if name:
            families.get(gauge, "chip_names", "What the driver calls the chip; always 1.").add(
                1, chip=chip, chip_name=name
            )
        for (kind, sensor), properties in read_sensors(folder).items():
            add_sensor(families, kind, properties, chip=chip, sensor=sensor)
    yield from families


def named_chips(folders: list[Path]) -> Iterator[tuple[str, Path]]:
    """Chips of one device would have one name: they get the driver's name for them too, or else the folder's."""
    names = {folder: chip_name(folder) for folder in folders}
    drivers = {folder: clean(read_or(folder / "name")) for folder in folders}
    by_name = Counter(names.values())
    by_driver = Counter((names[folder], drivers[folder]) for folder in folders)
    for folder in folders:
        name = names[folder]
        if by_name[name] > 1:
            unique = drivers[folder] and by_driver[name, drivers[folder]] == 1
            name = f"{name}_{drivers[folder] if unique else folder.name}"
        yield name, folder


def chip_name(folder: Path) -> str:
    """The device's place on its bus, which does not change with the order in which drivers load; hwmonN does."""
    device = folder / "device"
    if device.exists():
        path = device.resolve()
        words = [word for word in (clean(path.parent.name), clean(path.name)) if word]
        if words:
            return "_".join(words)
    return clean(read_or(folder / "name")) or clean(folder.resolve().name)


def clean(name: str) -> str:
    return re.sub(r"[^a-z0-9:_]", "_", name.lower()).strip("_")


def read_sensors(folder: Path) -> Sensors:
    """(type, sensor) to property to text. Old drivers keep the files in the device's folder."""
    sensors: Sensors = defaultdict(dict)
    for place in (folder, folder / "device"):
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            match = _FILE.match(file.name)
            if match and match[1] in TYPES:
                try:
                    text = file.read_text(errors="replace").strip()
                except OSError:  # Drivers answer so for a sensor that is not connected.
                    continue
                kind, number, prop = match[1], int(match[2] or 0), match[3] or ""
                sensors[kind, f"{kind}{number}"][prop] = text
    return sensors


def add_sensor(families: FamilySet, kind: str, properties: dict[str, str], **labels: str) -> None:
    if "label" in properties:
        families.get(gauge, "sensor_label", "What the sensor measures; always 1.").add(
            1, **labels, label=properties["label"]
        )
    if kind in WHOLE_CHIP:
        name, per, text = WHOLE_CHIP[kind]
        value = parse_number(properties.get("", ""))
        if value is not None:
            families.get(gauge, name, text).add(value / per, **labels)
        return
    for prop, text in properties.items():
        value = parse_number(text)
        if prop == "label" or value is None:
            continue
        make, suffix, per = unit_of(kind, prop)
        if suffix == "_freq_mhz":
            if "label" not in properties:
                continue
            labels = {**labels, "sensor": clean(properties["label"])}
        is_reading = prop == "" or (prop == "input" and "" not in properties)
        name = kind if is_reading else f"{kind}_{clean(prop)}"
        families.get(make, f"{name}{suffix}", f"Sensor reading: {prop or 'value'} of {kind}.").add(
            value / per, **labels
        )


def unit_of(kind: str, prop: str) -> tuple[Make, str, float]:
    return next(
        (make, suffix, per)
        for types, properties, make, suffix, per in UNITS
        if re.fullmatch(types, kind) and re.fullmatch(properties, prop)
    )


def parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

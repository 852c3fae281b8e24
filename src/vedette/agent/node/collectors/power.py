"""Power and heat: batteries and mains, energy counters of the processor (RAPL), thermal zones and cooling devices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, NoData, read_int, read_or

PLAIN = (
    ("authentic", "authentic", "1 if the supply is authentic."),
    ("calibrate", "calibrate", "1 while the battery is being calibrated."),
    ("capacity", "capacity", "Charge, in percent."),
    ("capacity_alert_max", "capacity_alert_max", "Charge above which the supply warns, in percent."),
    ("capacity_alert_min", "capacity_alert_min", "Charge below which the supply warns, in percent."),
    ("cycle_count", "cyclecount", "Cycles of charging."),
    ("online", "online", "1 if the supply gives power."),
    ("present", "present", "1 if the supply is there."),
    ("time_to_empty_now", "time_to_empty_seconds", "Seconds until the battery is empty."),
    ("time_to_full_now", "time_to_full_seconds", "Seconds until the battery is full."),
)
MICRO_UNITS = {
    "current_now": "current_ampere",
    "energy_now": "energy_watthour",
    "voltage_now": "voltage_volt",
    "charge_now": "charge_ampere",
    "power_now": "power_watt",
    "charge_control_limit": "charge_control_limit",
    "charge_control_limit_max": "charge_control_limit_max",
    **{
        name: name
        for name in [
            "current_boot",
            "current_max",
            "energy_empty",
            "energy_empty_design",
            "energy_full",
            "energy_full_design",
            "voltage_boot",
            "voltage_max",
            "voltage_max_design",
            "voltage_min",
            "voltage_min_design",
            "voltage_ocv",
            "charge_counter",
            "charge_empty",
            "charge_empty_design",
            "charge_full",
            "charge_full_design",
            "charge_term_current",
            "constant_charge_current",
            "constant_charge_current_max",
            "constant_charge_voltage",
            "constant_charge_voltage_max",
            "precharge_current",
            "input_current_limit",
        ]
    },
}
"""File to name; millionths of volt, ampere, watt, or hours of them."""
TEMPERATURES = [
    "temp",
    "temp_alert_max",
    "temp_alert_min",
    "temp_ambient",
    "temp_ambient_max",
    "temp_ambient_min",
    "temp_max",
    "temp_min",
]
SUPPLY = (
    *(Attribute(file, gauge, name, text) for file, name, text in PLAIN),
    *(
        Attribute(
            file,
            gauge,
            name,
            f"{file.replace('_', ' ').capitalize()}, in the unit of the kernel without micro.",
            per=1e6,
        )
        for file, name in MICRO_UNITS.items()
    ),
    *(
        Attribute(name, gauge, f"{name}_celsius", f"{name.replace('_', ' ').capitalize()}, in degrees Celsius.", per=10)
        for name in TEMPERATURES
    ),
)
SUPPLY_LABELS = [
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope",
]


def powersupplyclass(host: Host) -> Iterator[Family]:
    families = FamilySet("power_supply")
    for supply in host.class_folders("power_supply"):
        add_attributes(families, SUPPLY, supply, power_supply=supply.name)
        labels = {label: read_or(supply / label) for label in SUPPLY_LABELS}
        families.get(gauge, "info", "The power supply; always 1.").add(
            1, power_supply=supply.name, **{label: value for label, value in labels.items() if value}
        )
    yield from families


def rapl(host: Host) -> Iterator[Family]:
    """Zones are named `package-0` or, without number, `core`: the latter are numbered as they come."""
    families = FamilySet("rapl")
    seen: Counter[str] = Counter()
    for zone in host.class_folders("powercap"):
        name = read_or(zone / "name")
        if not name or not (zone / "max_energy_range_uj").exists():
            continue
        base, index = split_zone(name)
        if index is None:
            index = seen[base]
            seen[base] += 1
        microjoules = read_int(zone / "energy_uj")
        if microjoules is None:  # Kernels since 2020 show it to root only.
            raise NoData(str(zone / "energy_uj"))
        metric = re.sub(r"[^a-zA-Z0-9_]", "_", base)
        families.get(counter, f"{metric}_joules_total", f"Energy that {base} has used, in joules.").add(
            microjoules / 1e6, index=str(index), path=str(zone)
        )
    yield from families


def split_zone(name: str) -> tuple[str, int | None]:
    base, _, number = name.rpartition("-")
    return (base, int(number)) if base and number.isdecimal() else (name, None)


ZONE = (Attribute("temp", gauge, "thermal_zone_temp", "Temperature of the zone, in degrees Celsius.", per=1000),)
COOLING = (
    Attribute("cur_state", gauge, "cooling_device_cur_state", "How much the device cools now."),
    Attribute("max_state", gauge, "cooling_device_max_state", "How much the device can cool."),
)
THERMAL = (("thermal_zone", ZONE, "zone"), ("cooling_device", COOLING, "name"))


def thermal_zone(host: Host) -> Iterator[Family]:
    """A zone whose sensor does not answer has no series."""
    families = FamilySet("")
    for device in host.class_folders("thermal"):
        for kind, attributes, label in THERMAL:
            number = device.name.removeprefix(kind)
            if number != device.name:
                labels = {label: number, "type": read_or(device / "type")}
                add_attributes(families, attributes, device, **labels)
    yield from families

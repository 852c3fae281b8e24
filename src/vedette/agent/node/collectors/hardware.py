"""The board: what it calls itself (DMI), memory errors (EDAC) and watchdogs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, NoData, read_int, read_or

DMI_LABELS = [
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
    "system_vendor",
]


def dmi(host: Host) -> Iterator[Family]:
    """Serial numbers are shown to root only; a label whose file cannot be read is left out."""
    folder = host.sys / "class/dmi/id"
    files = {label: folder / ("sys_vendor" if label == "system_vendor" else label) for label in DMI_LABELS}
    labels = {label: read_or(file, "\0") for label, file in files.items()}
    labels = {label: value for label, value in labels.items() if value != "\0"}
    if not labels:
        raise NoData("class/dmi/id")
    yield gauge("dmi_info", "What the machine's firmware says of it; always 1.").add(1, **labels)


CONTROLLER_ERRORS = (
    ("ce_count", "correctable_errors_total", "Memory errors that were corrected."),
    ("ue_count", "uncorrectable_errors_total", "Memory errors that could not be corrected."),
)
ROW_ERRORS = tuple((file, f"csrow_{name}", text) for file, name, text in CONTROLLER_ERRORS)


def edac(host: Host) -> Iterator[Family]:
    """Errors of a controller, of its rows (`unknown`: those of no row in particular) and of a row's channels."""
    families = FamilySet("edac")

    def add(file: Path, name: str, text: str, **labels: str) -> None:
        value = read_int(file)
        if value is not None:
            families.get(counter, name, text).add(value, **labels)

    for controller in host.sys_folders("devices/system/edac/mc"):
        number = controller.name.removeprefix("mc")
        if not number.isdecimal():
            continue
        for file, name, text in CONTROLLER_ERRORS:
            add(controller / file, name, text, controller=number)
        for file, name, text in ROW_ERRORS:
            unknown = controller / file.replace("count", "noinfo_count")
            add(unknown, name, text, controller=number, csrow="unknown")
            for row in sorted(controller.glob("csrow[0-9]*")):
                labels = {"controller": number, "csrow": row.name.removeprefix("csrow")}
                add(row / file, name, text, **labels)
                for counted in sorted(row.glob(f"ch[0-9]*_{file}")):
                    channel = counted.name.removeprefix("ch").partition("_")[0]
                    dimm = dimm_label(row, channel)
                    add(counted, name.replace("csrow", "channel"), text, **labels, channel=channel, dimm_label=dimm)
    yield from families


def dimm_label(row: Path, channel: str) -> str:
    """`mc#0csrow#1channel#0` as `mc0_csrow1_channel0`; what the board's makers wrote there stays."""
    label = read_or(row / f"ch{channel}_dimm_label", "unknown")
    return label.replace("#", "").replace("csrow", "_csrow").replace("channel", "_channel")


WATCHDOG = (
    Attribute("bootstatus", gauge, "bootstatus", "Why the machine booted (WDIOF_*)."),
    Attribute("fw_version", gauge, "fw_version", "Version of the watchdog's firmware."),
    Attribute("nowayout", gauge, "nowayout", "1 if the watchdog cannot be stopped."),
    Attribute("timeleft", gauge, "timeleft_seconds", "Seconds until the machine is reset."),
    Attribute("timeout", gauge, "timeout_seconds", "Seconds without sign of life until the machine is reset."),
    Attribute("pretimeout", gauge, "pretimeout_seconds", "Seconds before the reset at which a warning is given."),
    Attribute("access_cs0", gauge, "access_cs0", "1 if the machine booted from its second flash."),
)
WATCHDOG_LABELS = ("options", "identity", "state", "status", "pretimeout_governor")


def watchdog(host: Host) -> Iterator[Family]:
    families = FamilySet("watchdog")
    for device in host.class_folders("watchdog"):
        add_attributes(families, WATCHDOG, device, name=device.name)
        labels = {label: read_or(device / label) for label in WATCHDOG_LABELS}
        families.get(gauge, "info", "The watchdog; always 1.").add(1, name=device.name, **labels)
    yield from families

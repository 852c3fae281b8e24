"""Adapters with more to say than an interface: bonded interfaces and Fibre Channel hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, read_int, read_or


def bonding(host: Host) -> Iterator[Family]:
    slaves = gauge("bonding_slaves", "Interfaces that the bond has.")
    active = gauge("bonding_active", "Interfaces of the bond whose link is up.")
    for master in host.read_sys("class/net/bonding_masters").split():
        folder = host.sys / "class/net" / master
        names = read_or(folder / "bonding/slaves").split()
        slaves.add(len(names), master=master)
        active.add(sum(link_is_up(folder, name) for name in names), master=master)
    yield slaves
    yield active


def link_is_up(master: Path, slave: str) -> bool:
    """Kernels before 3.9 call the folder slave_NAME."""
    return any(read_or(master / f"{kind}_{slave}/bonding_slave/mii_status") == "up" for kind in ("lower", "slave"))


HOST_LABELS = (
    ("speed", "speed"),
    ("port_state", "port_state"),
    ("port_type", "port_type"),
    ("port_id", "port_id"),
    ("port_name", "port_name"),
    ("fabric_name", "fabric_name"),
    ("symbolic_name", "symbolic_name"),
    ("supported_classes", "supported_classes"),
    ("supported_speeds", "supported_speeds"),
    ("dev_loss_tmo", "dev_loss_tmo"),
)
HEXADECIMAL = ("port_id", "port_name", "fabric_name")
HOST_STATISTICS = (
    ("dumped_frames", "dumped_frames_total", "Frames lost because the host had no room for them."),
    ("error_frames", "error_frames_total", "Frames with errors."),
    ("fcp_packet_aborts", "fcp_packet_aborts_total", "Packets aborted."),
    ("invalid_crc_count", "invalid_crc_total", "Frames with a wrong checksum."),
    ("invalid_tx_word_count", "invalid_tx_words_total", "Invalid words transmitted."),
    ("link_failure_count", "link_failure_total", "Times that the link failed."),
    ("loss_of_signal_count", "loss_of_signal_total", "Times that the signal was lost."),
    ("loss_of_sync_count", "loss_of_sync_total", "Times that synchronisation was lost."),
    ("nos_count", "nos_total", "Not-operational sequences received."),
    ("rx_frames", "rx_frames_total", "Frames received."),
    ("rx_words", "rx_words_total", "Words received."),
    ("seconds_since_last_reset", "seconds_since_last_reset_total", "Seconds since the statistics were reset."),
    ("tx_frames", "tx_frames_total", "Frames transmitted."),
    ("tx_words", "tx_words_total", "Words transmitted."),
)
NOT_COUNTED = 2**64 - 1
"""What the firmware says of a statistic that it does not keep."""


def fibrechannel(host: Host) -> Iterator[Family]:
    families = FamilySet("fibrechannel")
    for device in host.class_folders("fc_host"):
        labels = {label: read_or(device / file) for label, file in HOST_LABELS}
        labels |= {label: labels[label].removeprefix("0x") for label in HEXADECIMAL}
        families.get(gauge, "info", "The Fibre Channel host; always 1.").add(1, fc_host=device.name, **labels)
        # A host that is off answers no statistics: they are 0.
        off = labels["port_state"] in ("", "Unknown")
        for file, name, text in HOST_STATISTICS:
            value = 0 if off else read_int(device / "statistics" / file)
            if value is not None and value != NOT_COUNTED:
                families.get(counter, name, text).add(value, fc_host=device.name)
    yield from families

"""The attributes of network interfaces: /sys/class/net."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from vedette.agent.node.families import Family, counter, gauge
from vedette.agent.node.host import Host, NoData, read_int, read_or

ATTRIBUTES: tuple[tuple[str, Callable[[str, str], Family], str, str], ...] = (
    ("addr_assign_type", gauge, "address_assign_type", "How the hardware address was chosen (kernel's code)."),
    ("carrier", gauge, "carrier", "1 if the link has a carrier."),
    ("carrier_changes", counter, "carrier_changes_total", "Changes of the carrier."),
    ("carrier_up_count", counter, "carrier_up_changes_total", "Times that the carrier came."),
    ("carrier_down_count", counter, "carrier_down_changes_total", "Times that the carrier went."),
    ("dev_id", gauge, "device_id", "The device's number among those that share an address."),
    ("dormant", gauge, "dormant", "1 if the interface waits for an event before it passes traffic."),
    ("flags", gauge, "flags", "The interface's flags (IFF_*)."),
    ("ifindex", gauge, "iface_id", "The interface's index."),
    ("iflink", gauge, "iface_link", "The index of the interface that this one is linked to."),
    ("link_mode", gauge, "iface_link_mode", "The link mode (kernel's code)."),
    ("mtu", gauge, "mtu_bytes", "Largest packet, in bytes."),
    ("name_assign_type", gauge, "name_assign_type", "How the interface got its name (kernel's code)."),
    ("netdev_group", gauge, "net_dev_group", "The interface's group."),
    ("tx_queue_len", gauge, "transmit_queue_length", "Packets that may wait for transmission."),
    ("type", gauge, "protocol_type", "The hardware's protocol (ARPHRD_*)."),
)
INFO = ("address", "broadcast", "duplex", "operstate", "ifalias")


def netclass(host: Host) -> Iterator[Family]:
    devices = [folder for folder in host.sys_folders("class/net") if folder.is_dir()]
    if not devices:
        raise NoData("class/net")
    up = gauge("network_up", "1 if the interface is up.")
    info = gauge("network_info", "What the interface is; always 1.")
    speed = gauge("network_speed_bytes", "Speed of the link, in bytes a second.")
    attributes = [(file, make(f"network_{name}", text)) for file, make, name, text in ATTRIBUTES]
    for device in devices:
        up.add(1 if read_or(device / "operstate") == "up" else 0, device=device.name)
        info.add(1, **info_labels(device))
        megabits = read_int(device / "speed")
        if megabits is not None:
            speed.add(megabits * 1_000_000 / 8, device=device.name)
        for file, family in attributes:
            value = read_int(device / file)
            if value is not None:
                family.add(value, device=device.name)
    yield from (up, info, speed, *(family for _, family in attributes))


def info_labels(device: Path) -> dict[str, str]:
    labels = {name: read_or(device / name) for name in INFO}
    flags = read_int(device / "flags") or 0
    return {"device": device.name, "adminstate": "up" if flags & 1 else "down", **labels}

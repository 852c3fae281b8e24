"""The attributes of network interfaces: /sys/class/net."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, NoData, read_int, read_or

ATTRIBUTES = (
    Attribute("addr_assign_type", gauge, "address_assign_type", "How the hardware address was chosen (kernel's code)."),
    Attribute("carrier", gauge, "carrier", "1 if the link has a carrier."),
    Attribute("carrier_changes", counter, "carrier_changes_total", "Changes of the carrier."),
    Attribute("carrier_up_count", counter, "carrier_up_changes_total", "Times that the carrier came."),
    Attribute("carrier_down_count", counter, "carrier_down_changes_total", "Times that the carrier went."),
    Attribute("dev_id", gauge, "device_id", "The device's number among those that share an address."),
    Attribute("dormant", gauge, "dormant", "1 if the interface waits for an event before it passes traffic."),
    Attribute("flags", gauge, "flags", "The interface's flags (IFF_*)."),
    Attribute("ifindex", gauge, "iface_id", "The interface's index."),
    Attribute("iflink", gauge, "iface_link", "The index of the interface that this one is linked to."),
    Attribute("link_mode", gauge, "iface_link_mode", "The link mode (kernel's code)."),
    Attribute("mtu", gauge, "mtu_bytes", "Largest packet, in bytes."),
    Attribute("name_assign_type", gauge, "name_assign_type", "How the interface got its name (kernel's code)."),
    Attribute("netdev_group", gauge, "net_dev_group", "The interface's group."),
    Attribute("tx_queue_len", gauge, "transmit_queue_length", "Packets that may wait for transmission."),
    Attribute("type", gauge, "protocol_type", "The hardware's protocol (ARPHRD_*)."),
)
INFO = ("address", "broadcast", "duplex", "operstate", "ifalias")


def netclass(host: Host) -> Iterator[Family]:
    devices = [folder for folder in host.sys_folders("class/net") if folder.is_dir()]
    if not devices:
        raise NoData("class/net")
    up = gauge("network_up", "1 if the interface is up.")
    info = gauge("network_info", "What the interface is; always 1.")
    speed = gauge("network_speed_bytes", "Speed of the link, in bytes a second.")
    attributes = FamilySet("network")
    for device in devices:
        up.add(1 if read_or(device / "operstate") == "up" else 0, device=device.name)
        info.add(1, **info_labels(device))
        megabits = read_int(device / "speed")
        if megabits is not None:
            speed.add(megabits * 1_000_000 / 8, device=device.name)
        add_attributes(attributes, ATTRIBUTES, device, device=device.name)
    yield from (up, info, speed, *attributes)


def info_labels(device: Path) -> dict[str, str]:
    labels = {name: read_or(device / name) for name in INFO}
    flags = read_int(device / "flags") or 0
    return {"device": device.name, "adminstate": "up" if flags & 1 else "down", **labels}

"""InfiniBand and RoCE adapters: /sys/class/infiniband, counters for each port. Data counters are in words of 4 bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, read_int, read_or

WORD_BYTES = 4

COUNTERS = tuple(
    Attribute(f"counters/{file}", counter, f"{name}_total", text, times)
    for file, name, text, times in (
        ("excessive_buffer_overrun_errors", "excessive_buffer_overrun_errors", "Buffer overruns in a row.", 1),
        ("link_downed", "link_downed", "Times that the link went down for good.", 1),
        ("link_error_recovery", "link_error_recovery", "Times that the link recovered.", 1),
        ("local_link_integrity_errors", "local_link_integrity_errors", "Too many local physical errors.", 1),
        ("multicast_rcv_packets", "multicast_packets_received", "Multicast packets received.", 1),
        ("multicast_xmit_packets", "multicast_packets_transmitted", "Multicast packets sent.", 1),
        ("port_rcv_constraint_errors", "port_constraint_errors_received", "Packets received and refused.", 1),
        ("port_xmit_constraint_errors", "port_constraint_errors_transmitted", "Packets that were not sent.", 1),
        ("port_rcv_data", "port_data_received_bytes", "Bytes received.", WORD_BYTES),
        ("port_xmit_data", "port_data_transmitted_bytes", "Bytes sent.", WORD_BYTES),
        ("port_rcv_discards", "port_discards_received", "Packets received and dropped.", 1),
        ("port_xmit_discards", "port_discards_transmitted", "Packets to be sent and dropped.", 1),
        ("port_rcv_errors", "port_errors_received", "Packets received with an error.", 1),
        ("port_rcv_packets", "port_packets_received", "Packets received.", 1),
        ("port_xmit_packets", "port_packets_transmitted", "Packets sent.", 1),
        ("port_xmit_wait", "port_transmit_wait", "Ticks in which data waited to be sent.", 1),
        ("unicast_rcv_packets", "unicast_packets_received", "Unicast packets received.", 1),
        ("unicast_xmit_packets", "unicast_packets_transmitted", "Unicast packets sent.", 1),
        ("port_rcv_remote_physical_errors", "port_receive_remote_physical_errors", "Packets marked as bad.", 1),
        ("port_rcv_switch_relay_errors", "port_receive_switch_relay_errors", "Packets no switch could forward.", 1),
        ("symbol_error", "symbol_error", "Minor errors on the link's lanes.", 1),
        ("VL15_dropped", "vl15_dropped", "Management packets dropped.", 1),
    )
)
LEGACY_COUNTERS = tuple(
    Attribute(f"counters_ext/{file}", counter, f"legacy_{name}_total", text, times)
    for file, name, text, times in (
        ("port_multicast_rcv_packets", "multicast_packets_received", "Multicast packets received.", 1),
        ("port_multicast_xmit_packets", "multicast_packets_transmitted", "Multicast packets sent.", 1),
        ("port_rcv_data_64", "data_received_bytes", "Bytes received.", WORD_BYTES),
        ("port_rcv_packets_64", "packets_received", "Packets received.", 1),
        ("port_unicast_rcv_packets", "unicast_packets_received", "Unicast packets received.", 1),
        ("port_unicast_xmit_packets", "unicast_packets_transmitted", "Unicast packets sent.", 1),
        ("port_xmit_data_64", "data_transmitted_bytes", "Bytes sent.", WORD_BYTES),
        ("port_xmit_packets_64", "packets_transmitted", "Packets sent.", 1),
    )
)
HARDWARE_COUNTERS = tuple(
    Attribute(f"hw_counters/{file}", counter, f"{name}_total", text)
    for file, name, text in (
        ("duplicate_request", "duplicate_requests_packets", "Requests received twice."),
        ("implied_nak_seq_err", "implied_nak_seq_errors", "Answers with a number that was not expected yet."),
        ("local_ack_timeout_err", "local_ack_timeout_errors", "Times that no acknowledgement came in time."),
        ("np_cnp_sent", "np_cnp_packets_sent", "Congestion notifications sent."),
        ("np_ecn_marked_roce_packets", "np_ecn_marked_roce_packets_received", "Packets marked as congested."),
        ("out_of_buffer", "out_of_buffer_drops", "Packets dropped for want of a buffer."),
        ("out_of_sequence", "out_of_sequence_packets_received", "Packets received out of order."),
        ("packet_seq_err", "packet_sequence_errors", "Refusals received because of a wrong order."),
        ("req_cqe_error", "req_cqes_errors", "Requests completed with an error."),
        ("req_cqe_flush_error", "req_cqes_flush_errors", "Requests flushed with an error."),
        ("req_remote_access_errors", "req_remote_access_errors", "Requests that the other side did not allow."),
        ("req_remote_invalid_request", "req_remote_invalid_request_errors", "Requests found invalid there."),
        ("resp_cqe_error", "resp_cqes_errors", "Answers completed with an error."),
        ("resp_cqe_flush_error", "resp_cqes_flush_errors", "Answers flushed with an error."),
        ("resp_local_length_error", "resp_local_length_errors", "Answers with a wrong length."),
        ("resp_remote_access_errors", "resp_remote_access_errors", "Answers that the other side did not allow."),
        ("rnr_nak_retry_err", "rnr_nak_retry_packets_received", "Receiver-not-ready answers."),
        ("roce_adp_retrans", "roce_adp_retransmits", "Adaptive retransmissions."),
        ("roce_adp_retrans_to", "roce_adp_retransmits_timeout", "Adaptive retransmissions that timed out."),
        ("roce_slow_restart", "roce_slow_restart_used", "Slow restarts used."),
        ("roce_slow_restart_cnps", "roce_slow_restart_cnps", "Congestion notifications by slow restarts."),
        ("roce_slow_restart_trans", "roce_slow_restart", "Changes into slow restart."),
        ("rp_cnp_handled", "rp_cnp_packets_handled", "Congestion notifications heeded."),
        ("rp_cnp_ignored", "rp_cnp_ignored_packets_received", "Congestion notifications ignored."),
        ("rx_atomic_requests", "rx_atomic_requests", "Atomic requests received."),
        ("rx_dct_connect", "rx_dct_connect_requests", "Connection requests received."),
        ("rx_read_requests", "rx_read_requests", "Read requests received."),
        ("rx_write_requests", "rx_write_requests", "Write requests received."),
        ("rx_icrc_encapsulated", "rx_icrc_encapsulated_errors", "Packets with a wrong checksum."),
    )
)
INFO = (("board_id", "board_id"), ("firmware_version", "fw_ver"), ("hca_type", "hca_type"))


def infiniband(host: Host) -> Iterator[Family]:
    families = FamilySet("infiniband")
    for device in host.class_folders("infiniband"):
        labels = {label: read_or(device / file) for label, file in INFO}
        families.get(gauge, "info", "The adapter; always 1.").add(1, device=device.name, **labels)
        ports = device / "ports"
        for port in sorted(ports.iterdir()) if ports.is_dir() else ():
            add_port(families, port, device=device.name, port=port.name)
    yield from families


def add_port(families: FamilySet, folder: Path, **labels: str) -> None:
    """`state` and `phys_state` read `4: ACTIVE`, `rate` reads `40 Gb/sec (4X QDR)`."""
    for file, name, text in (
        ("state", "state_id", "State of the port: 1 down, 2 init, 3 armed, 4 active, 5 active and deferred."),
        ("phys_state", "physical_state_id", "Physical state: 1 sleep, 2 polling, 3 disabled, 5 link up, 6 recovering."),
    ):
        families.get(gauge, name, text).add(int(read_or(folder / file).partition(":")[0]), **labels)
    gigabits = float(read_or(folder / "rate").split()[0])
    families.get(gauge, "rate_bytes_per_second", "Speed of the link.").add(gigabits * 1e9 / 8, **labels)
    add_attributes(families, (*LEGACY_COUNTERS, *COUNTERS, *HARDWARE_COUNTERS), folder, **labels)
    lifespan_ms = read_int(folder / "hw_counters/lifespan")
    if lifespan_ms is not None:  # whole seconds
        families.get(gauge, "lifespan_seconds", "How old the counters may be.").add(lifespan_ms // 1000, **labels)

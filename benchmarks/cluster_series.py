"""The series of a Kubernetes cluster that kube-prometheus' rules select: NODES nodes with PODS pods each, all of them well.

A series is a constant, a gauge that wanders, or a counter. Label sets are those that the
exporters give, as far as the rules join, group or filter by them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tests import write_requests as rw

NODES: Final = 50
PODS: Final = 30
CPUS: Final = 4
MODES: Final = ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user")
VERBS: Final = ("GET", "LIST", "POST", "PUT", "PATCH", "DELETE")
RESOURCES: Final = tuple(f"resource{n}" for n in range(30))
SLI_BOUNDS: Final = ("0.1", "0.5", "1", "2", "5", "10", "30", "60", "+Inf")
PHASES: Final = ("Failed", "Pending", "Running", "Succeeded", "Unknown")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """`kind`: constant, gauge or counter; `level`: the constant, the gauge's middle, the counter's rate a second."""

    labels: Labels
    kind: str
    level: float


def all_sources() -> Iterator[Source]:
    for node in range(NODES):
        yield from node_sources(node)
        yield from kubelet_sources(node)
        for pod in range(PODS):
            yield from pod_sources(node, pod)
    yield from workload_sources()
    yield from control_plane_sources()
    yield from monitoring_sources()


def node_sources(node: int) -> Iterator[Source]:
    own = {
        "job": "node-exporter",
        "instance": f"node-{node}",
        "namespace": "monitoring",
        "pod": f"node-exporter-{node}",
        "container": "node-exporter",
    }
    gigabyte = 2.0**30
    gauges = {
        "node_memory_MemTotal_bytes": 64 * gigabyte,
        "node_memory_MemAvailable_bytes": 40 * gigabyte,
        "node_memory_MemFree_bytes": 20 * gigabyte,
        "node_memory_Buffers_bytes": gigabyte,
        "node_memory_Cached_bytes": 12 * gigabyte,
        "node_memory_Slab_bytes": 2 * gigabyte,
        "node_load1": 1.5,
        "node_filefd_allocated": 4_000.0,
        "node_filefd_maximum": 1_000_000.0,
        "node_nf_conntrack_entries": 3_000.0,
        "node_nf_conntrack_entries_limit": 262_144.0,
        "node_timex_offset_seconds": 0.0001,
        "node_timex_maxerror_seconds": 0.01,
        "node_timex_sync_status": 1.0,
        "node_textfile_scrape_error": 0.0,
        "up": 1.0,
    }
    for name, level in gauges.items():
        yield Source({"__name__": name, **own}, "constant" if level in (0.0, 1.0) else "gauge", level)
    yield Source({"__name__": "node_vmstat_pgmajfault", **own}, "counter", 2.0)
    for cpu in range(CPUS):
        for mode in MODES:
            rate = 0.8 if mode == "idle" else 0.02
            yield Source({"__name__": "node_cpu_seconds_total", **own, "cpu": str(cpu), "mode": mode}, "counter", rate)
    for device in ("nvme0n1", "nvme1n1"):
        for name in ("node_disk_io_time_seconds_total", "node_disk_io_time_weighted_seconds_total"):
            yield Source({"__name__": name, **own, "device": device}, "counter", 0.1)
    for device in ("eth0", "lo"):
        for direction in ("receive", "transmit"):
            for what, rate in (("bytes", 1e6), ("packets", 1e3), ("drop", 0.0), ("errs", 0.0)):
                labels = {"__name__": f"node_network_{direction}_{what}_total", **own, "device": device}
                yield Source(labels, "counter", rate)
        yield Source({"__name__": "node_network_up", **own, "device": device}, "constant", 1.0)
    for mount in ("/", "/var", "/home"):
        place = {**own, "mountpoint": mount, "device": "/dev/nvme0n1p1", "fstype": "ext4"}
        for name, level in (("avail_bytes", 6e10), ("size_bytes", 1e11), ("files", 6e6), ("files_free", 5e6)):
            yield Source({"__name__": f"node_filesystem_{name}", **place}, "gauge", level)
        yield Source({"__name__": "node_filesystem_readonly", **place}, "constant", 0.0)
    for unit in range(10):
        for state in ("active", "failed"):
            labels = {"__name__": "node_systemd_unit_state", **own, "name": f"unit{unit}.service", "state": state}
            yield Source(labels, "constant", float(state == "active"))


def kubelet_sources(node: int) -> Iterator[Source]:
    own = {"job": "kubelet", "metrics_path": "/metrics", "instance": f"10.0.0.{node}:10250", "node": f"node-{node}"}
    cluster = {"job": "kube-state-metrics", "instance": "ksm", "node": f"node-{node}"}
    yield Source({"__name__": "up", **own}, "constant", 1.0)
    yield Source({"__name__": "kubelet_node_name", **own}, "constant", 1.0)
    yield Source({"__name__": "kubelet_running_pods", **own}, "gauge", float(PODS))
    for name in ("kubelet_pleg_relist_duration_seconds_bucket", "kubelet_pod_worker_duration_seconds_bucket"):
        for place, bound in enumerate(SLI_BOUNDS):
            yield Source({"__name__": name, **own, "le": bound}, "counter", 1.0 + 0.001 * place)
    for volume in range(4):
        claim = {**own, "namespace": "db", "persistentvolumeclaim": f"data-{node}-{volume}"}
        for name, level in (
            ("available_bytes", 6e10),
            ("capacity_bytes", 1e11),
            ("used_bytes", 4e10),
            ("inodes", 6e6),
            ("inodes_free", 5e6),
            ("inodes_used", 1e6),
        ):
            yield Source({"__name__": f"kubelet_volume_stats_{name}", **claim}, "gauge", level)
    yield Source({"__name__": "kube_node_info", **cluster}, "constant", 1.0)
    yield Source({"__name__": "kube_node_spec_unschedulable", **cluster}, "constant", 0.0)
    for condition in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure"):
        for status in ("true", "false", "unknown"):
            labels = {"__name__": "kube_node_status_condition", **cluster, "condition": condition, "status": status}
            yield Source(
                labels, "constant", float((condition == "Ready") == (status == "true") and status != "unknown")
            )
    for resource, level in (("cpu", 32.0), ("memory", 2.0**36), ("pods", 110.0)):
        for what in ("allocatable", "capacity"):
            yield Source({"__name__": f"kube_node_status_{what}", **cluster, "resource": resource}, "constant", level)


def pod_sources(node: int, pod: int) -> Iterator[Source]:
    number = node * PODS + pod
    name, namespace, workload = f"app-{number // 10}-{pod}-{node}", f"team-{number % 20}", f"app-{number // 10}"
    place = {"namespace": namespace, "pod": name}
    cadvisor = {"job": "kubelet", "metrics_path": "/metrics/cadvisor", "instance": f"10.0.0.{node}:10250", **place}
    for container in ("main", "sidecar"):
        own = {
            **cadvisor,
            "node": f"node-{node}",
            "container": container,
            "image": f"registry/{container}:1",
            "id": f"/kubepods/pod{number}/{container}",
        }
        yield Source({"__name__": "container_cpu_usage_seconds_total", **own}, "counter", 0.05)
        yield Source({"__name__": "container_cpu_cfs_periods_total", **own}, "counter", 10.0)
        yield Source({"__name__": "container_cpu_cfs_throttled_periods_total", **own}, "counter", 0.1)
        for what in ("cache", "rss", "swap", "working_set_bytes"):
            yield Source({"__name__": f"container_memory_{what}", **own}, "gauge", 1e8)
        for resource, level in (("cpu", 0.2), ("memory", 2e8)):
            for kind in ("limits", "requests"):
                labels = {
                    "__name__": f"kube_pod_container_resource_{kind}",
                    "job": "kube-state-metrics",
                    "instance": "ksm",
                    **place,
                    "container": container,
                    "node": f"node-{node}",
                    "resource": resource,
                }
                yield Source(labels, "constant", level)
    cluster = {"job": "kube-state-metrics", "instance": "ksm", **place}
    yield Source({"__name__": "kube_pod_info", **cluster, "node": f"node-{node}"}, "constant", 1.0)
    owner = {"owner_kind": "ReplicaSet", "owner_name": f"{workload}-abc"}
    yield Source({"__name__": "kube_pod_owner", **cluster, **owner}, "constant", 1.0)
    for phase in PHASES:
        yield Source(
            {"__name__": "kube_pod_status_phase", **cluster, "phase": phase}, "constant", float(phase == "Running")
        )
    for condition in ("true", "false", "unknown"):
        labels = {"__name__": "kube_pod_status_ready", **cluster, "condition": condition}
        yield Source(labels, "constant", float(condition == "true"))


def workload_sources() -> Iterator[Source]:
    cluster = {"job": "kube-state-metrics", "instance": "ksm"}
    for number in range(NODES * PODS // 10):
        own = {**cluster, "namespace": f"team-{number % 20}"}
        deployment = {**own, "deployment": f"app-{number}"}
        for name, level in (
            ("metadata_generation", 3.0),
            ("spec_replicas", 10.0),
            ("status_observed_generation", 3.0),
            ("status_replicas_available", 10.0),
            ("status_replicas_updated", 10.0),
        ):
            yield Source({"__name__": f"kube_deployment_{name}", **deployment}, "constant", level)
        replica_set = {"replicaset": f"app-{number}-abc", "owner_kind": "Deployment", "owner_name": f"app-{number}"}
        yield Source({"__name__": "kube_replicaset_owner", **own, **replica_set}, "constant", 1.0)
    for number in range(20):
        own = {**cluster, "namespace": f"team-{number}"}
        for name in (
            "current_number_scheduled",
            "desired_number_scheduled",
            "number_available",
            "updated_number_scheduled",
        ):
            labels = {"__name__": f"kube_daemonset_status_{name}", **own, "daemonset": f"agent-{number}"}
            yield Source(labels, "constant", float(NODES))
        for name in ("replicas", "status_replicas_ready", "status_replicas_updated", "metadata_generation"):
            labels = {"__name__": f"kube_statefulset_{name}", **own, "statefulset": f"db-{number}"}
            yield Source(labels, "constant", 3.0)
        for kind, level in (("hard", 100.0), ("used", 40.0)):
            for resource in ("cpu", "memory", "pods"):
                labels = {
                    "__name__": "kube_resourcequota",
                    **own,
                    "resource": resource,
                    "type": kind,
                    "resourcequota": "q",
                }
                yield Source(labels, "constant", level)


def control_plane_sources() -> Iterator[Source]:
    for instance in range(3):
        own = {"job": "apiserver", "instance": f"10.1.0.{instance}:6443"}
        yield Source({"__name__": "up", **own}, "constant", 1.0)
        for verb in VERBS:
            for resource in RESOURCES:
                call = {
                    **own,
                    "verb": verb,
                    "resource": resource,
                    "scope": "namespace" if verb == "LIST" else "resource",
                }
                for code in ("200", "404", "500"):
                    rate = {"200": 2.0, "404": 0.02, "500": 0.0001}[code]
                    yield Source({"__name__": "apiserver_request_total", **call, "code": code}, "counter", rate)
                for place, bound in enumerate(SLI_BOUNDS):
                    labels = {"__name__": "apiserver_request_sli_duration_seconds_bucket", **call, "le": bound}
                    yield Source(labels, "counter", 2.0 + 0.0001 * place)
                yield Source({"__name__": "apiserver_request_sli_duration_seconds_count", **call}, "counter", 2.001)
        for code in ("200", "500"):
            labels = {"__name__": "rest_client_requests_total", **own, "code": code}
            yield Source(labels, "counter", 5.0 if code == "200" else 0.0)
    for job in ("kube-scheduler", "kube-controller-manager"):
        yield Source({"__name__": "up", "job": job, "instance": "10.1.0.0:10259"}, "constant", 1.0)
    for name in ("scheduling_attempt", "scheduling_algorithm", "pod_scheduling_sli"):
        for place, bound in enumerate(SLI_BOUNDS):
            labels = {"__name__": f"scheduler_{name}_duration_seconds_bucket", "job": "kube-scheduler", "le": bound}
            yield Source(labels, "counter", 1.0 + 0.01 * place)


def monitoring_sources() -> Iterator[Source]:
    for replica in range(2):
        own = {
            "job": "prometheus-k8s",
            "namespace": "monitoring",
            "instance": f"10.2.0.{replica}:9090",
            "pod": f"prometheus-k8s-{replica}",
            "container": "prometheus",
        }
        for name, level in (
            ("prometheus_config_last_reload_successful", 1.0),
            ("prometheus_notifications_queue_length", 1.0),
            ("prometheus_notifications_queue_capacity", 10_000.0),
            ("prometheus_notifications_alertmanagers_discovered", 3.0),
            ("up", 1.0),
        ):
            yield Source({"__name__": name, **own}, "constant", level)
        for name, rate in (
            ("prometheus_tsdb_head_samples_appended_total", 1e4),
            ("prometheus_notifications_sent_total", 1.0),
            ("prometheus_notifications_errors_total", 0.0),
            ("prometheus_target_scrapes_sample_duplicate_timestamp_total", 0.0),
            ("prometheus_tsdb_compactions_failed_total", 0.0),
        ):
            yield Source({"__name__": name, **own, "alertmanager": "http://a"}, "counter", rate)
        for group in range(38):
            counted = {**own, "rule_group": f"group{group}"}
            for name in ("evaluation_failures", "group_iterations_missed"):
                yield Source({"__name__": f"prometheus_rule_{name}_total", **counted}, "counter", 0.0)
    for replica in range(3):
        own = {
            "job": "alertmanager-main",
            "namespace": "monitoring",
            "container": "alertmanager",
            "instance": f"10.3.0.{replica}:9093",
            "pod": f"alertmanager-main-{replica}",
            "service": "alertmanager-main",
        }
        for name, level in (
            ("alertmanager_config_last_reload_successful", 1.0),
            ("alertmanager_cluster_members", 3.0),
            ("alertmanager_config_hash", 1e9),
            ("up", 1.0),
        ):
            yield Source({"__name__": name, **own}, "constant", level)
        yield Source({"__name__": "process_start_time_seconds", **own}, "constant", 1.6e9)
        for integration in ("email", "webhook"):
            for name, rate in (("notifications_total", 0.1), ("notifications_failed_total", 0.0)):
                labels = {"__name__": f"alertmanager_{name}", **own, "integration": integration}
                yield Source(labels, "counter", rate)


def make_bodies(
    sources: Iterable[Source], first_ms: int, step_ms: int, steps: int, at_once: int = 500
) -> Iterator[bytes]:
    """Remote-write requests of version 1, compressed: `at_once` series each, with all their samples."""
    random = np.random.default_rng(1)
    times = [first_ms + step_ms * step for step in range(steps)]
    batch: list[rw.Series] = []
    for source in sources:
        batch.append(rw.Series(sorted(source.labels.items()), _samples(source, times, random)))
        if len(batch) == at_once:
            yield rw.snappy(rw.request_v1(batch))
            batch = []
    yield rw.snappy(rw.request_v1(batch))


def _samples(source: Source, times: list[int], random: np.random.Generator) -> list[tuple[int, float]]:
    match source.kind:
        case "constant":
            values = [source.level] * len(times)
        case "gauge":
            values = (source.level * (1 + 0.01 * random.standard_normal(len(times)))).tolist()
        case _:
            steps = random.poisson(30 * source.level, len(times)) if source.level else np.zeros(len(times))
            values = (np.cumsum(steps) + random.integers(0, 10**6)).astype(float).tolist()
    return list(zip(times, values, strict=True))


if __name__ == "__main__":
    begin = time.time()
    print(sum(1 for _ in all_sources()), "series", time.time() - begin)

"""The jobs that are there without being configured: ourselves, and this machine.

They are scraped over a socket file in the data directory, not over the public listener: so they work whatever its address,
TLS and users are, and only this user can open the socket. The `instance` label is the public address.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from vedette.intake.config import PrometheusConfig, load_config

OWN_INTERVAL: Final = "15s"
SELF_JOB: Final = "vedette"
NODE_JOB: Final = "node"
NODE_PATH: Final = "/metrics/node"


def default_config(instance: str, socket: Path, *, with_node: bool) -> PrometheusConfig:
    """What runs without `--config`: ourselves and, unless told otherwise, this machine."""
    jobs = job_text(SELF_JOB, "/metrics", instance, socket) + (
        job_text(NODE_JOB, NODE_PATH, instance, socket) if with_node else ""
    )
    return load_config(text=f"global:\n  scrape_interval: {OWN_INTERVAL}\nscrape_configs:\n{jobs}")


def with_node_job(config: PrometheusConfig, instance: str, socket: Path) -> PrometheusConfig:
    """The user's own configuration plus the job `node`; left alone when it has a job of that name."""
    if any(job.job_name == NODE_JOB for job in config.jobs):
        return config
    node = load_config(text=f"scrape_configs:\n{job_text(NODE_JOB, NODE_PATH, instance, socket)}")
    return replace(
        config, jobs=(*config.jobs, *node.jobs), scrape_configs=(*config.scrape_configs, *node.scrape_configs)
    )


def job_text(name: str, path: str, instance: str, socket: Path) -> str:
    return (
        f"  - job_name: {name}\n    scrape_interval: {OWN_INTERVAL}\n    scrape_timeout: 10s\n    metrics_path: {path}\n"
        f'    static_configs:\n      - targets: ["{instance}"]\n        labels: {{__unix_socket__: "{socket}"}}\n'
    )

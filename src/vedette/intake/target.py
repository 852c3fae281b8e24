"""From what discovery found to a target that can be scraped, or to a dropped one.

Discovered labels are the target's own, its group's and the job's (scheme, path, interval, parameters as `__param_*`).
Relabelling rewrites them; what is left must name an address and sound times. Labels that start with `__` are then spent:
they are not part of the series. Source: Prometheus scrape/target.go; since version 3 no default port is appended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NewType
from urllib.parse import quote as quote_url
from urllib.parse import urlencode

from vedette.intake.config.discovery import check_target_address
from vedette.intake.config.sections import ScrapeConfig
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.names import is_utf8
from vedette.model.quoting import quote
from vedette.model.time import format_duration, parse_duration_ms
from vedette.signals.relabel import Rule, relabel

TargetId = NewType("TargetId", int)

UNIX_SOCKET: Final = "__unix_socket__"
START_SLOTS_MIN: Final = 16
TARGETS_TOGETHER: Final = 8
_SWITCHES: Final = (
    ("__convert_classic_histograms_to_nhcb__", "convert classic histograms to nhcb"),
    ("__always_scrape_classic_histograms__", "always scrape classic histograms"),
    ("__scrape_native_histograms__", "scrape native histograms"),
)
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """What one source of discovery found: targets that share labels. `source` names it within its provider."""

    source: str
    targets: tuple[Mapping[str, str], ...] = ()
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Target:
    """One endpoint. `labels` are those after relabelling, `__*` included, without `__meta_*`."""

    labels: Labels
    discovered: Labels
    params: Mapping[str, tuple[str, ...]]
    interval_ms: int
    timeout_ms: int

    @cached_property
    def public_labels(self) -> Labels:
        """What every series of the target carries."""
        return Labels.from_sorted(tuple(pair for pair in self.labels if not pair[0].startswith("__")))

    @cached_property
    def url(self) -> str:
        params = {name: list(values) for name, values in self.params.items()}
        for name, value in self.labels:
            if name.startswith("__param_"):
                params[name[len("__param_") :]] = [value, *params.get(name[len("__param_") :], [])[1:]]
        query = urlencode(sorted(params.items()), doseq=True)
        host = self.labels.get("__address__") or ("localhost" if self.unix_socket else "")
        path = quote_url(self.labels.get("__metrics_path__"), safe="/:@!$&'()*+,;=~%")
        slash = "" if path.startswith("/") or not path else "/"
        return f"{self.labels.get('__scheme__')}://{host}{slash}{path}{'?' + query if query else ''}"

    @cached_property
    def id(self) -> TargetId:
        """The same for the same labels and URL in every process: it spreads targets over the interval."""
        digest = hashlib.blake2b(self.labels.canonical() + b"\xff" + self.url.encode(), digest_size=8).digest()
        return TargetId(int.from_bytes(digest, "little"))

    @property
    def identity(self) -> tuple[Labels, str]:
        """What makes its series; unlike `id`, the same when only its interval or timeout has changed."""
        return self.public_labels, self.url

    @property
    def unix_socket(self) -> str:
        return self.labels.get(UNIX_SOCKET)

    def switch(self, name: str) -> bool:
        return self.labels.get(name) in _TRUE


def discovered_labels(job: ScrapeConfig, own: Mapping[str, str], group: Mapping[str, str] | None) -> Labels:
    """The labels before relabelling: the target's own win over its group's, and both over the job's."""
    pairs = {
        "job": job.job_name,
        "__scrape_interval__": format_duration(job.scrape_interval),
        "__scrape_timeout__": format_duration(job.scrape_timeout),
        "__metrics_path__": job.metrics_path,
        "__scheme__": job.scheme,
        _SWITCHES[0][0]: str(bool(job.convert_classic_histograms_to_nhcb)).lower(),
        _SWITCHES[1][0]: str(bool(job.always_scrape_classic_histograms)).lower(),
        _SWITCHES[2][0]: str(bool(job.scrape_native_histograms)).lower(),
    }
    pairs.update((f"__param_{name}", values[0]) for name, values in job.params.items() if values)
    pairs.update((name, value) for name, value in (group or {}).items() if value)
    pairs.update((name, value) for name, value in own.items() if value)
    return Labels(pairs.items())


def build_target(job: ScrapeConfig, rules: tuple[Rule, ...], discovered: Labels) -> Target | None:
    """The target, or None when relabelling drops it. Raises BadInput when what is left cannot be scraped."""
    labels = relabel(discovered, rules)
    if labels is None:
        return None
    address = labels.get("__address__")
    if not address:
        raise BadInput("no address")
    check_target_address(address)
    interval_ms, timeout_ms = _times(labels)
    for name, meaning in _SWITCHES:
        if labels.get(name) not in (_TRUE | _FALSE | {""}):
            raise BadInput(f"error parsing {meaning}: invalid syntax: {quote(labels.get(name))}")
    labels = Labels.from_sorted(tuple(pair for pair in labels if not pair[0].startswith("__meta_")))
    if not labels.get("instance"):
        labels = labels.replace("instance", address)
    for name, value in labels:
        if not is_utf8(value):
            raise BadInput(f"invalid label value for {quote(name)}: {quote(value)}")
    return Target(labels, discovered, job.params, interval_ms, timeout_ms)


def _times(labels: Labels) -> tuple[int, int]:
    interval, timeout = labels.get("__scrape_interval__"), labels.get("__scrape_timeout__")
    interval_ms, timeout_ms = _duration("interval", interval), _duration("timeout", timeout)
    if timeout_ms > interval_ms:
        raise BadInput(f"scrape timeout cannot be greater than scrape interval ({quote(timeout)} > {quote(interval)})")
    return interval_ms, timeout_ms


def _duration(what: str, text: str) -> int:
    try:
        duration_ms = parse_duration_ms(text)
    except BadInput as error:
        raise BadInput(f"error parsing scrape {what}: {error.message}") from None
    if duration_ms == 0:
        raise BadInput(f"scrape {what} cannot be 0")
    return duration_ms


def start_slots(n_targets: int) -> int:
    """At how many moments of an interval a pool of so many targets starts scrapes: load is spread, and yet about
    TARGETS_TOGETHER share a waking of the process (docs/adr/0030). A power of two: a pool that grows splits its slots."""
    return max(START_SLOTS_MIN, 1 << max(0, n_targets // TARGETS_TOGETHER - 1).bit_length())


def next_offset_ms(target: TargetId, seed: int, interval_ms: int, now_ms: int, slots: int) -> int:
    """How long until the target's first scrape: the beginning of its slot within the interval.

    Pinned to absolute time: a restart meets the same grid, and chunk rows stay regular.
    """
    slot = (target ^ seed) % interval_ms * slots // interval_ms
    return (slot * interval_ms // slots - now_ms) % interval_ms

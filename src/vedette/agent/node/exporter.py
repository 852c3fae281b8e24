"""One page of this machine's metrics. Every collector runs by itself: one that fails costs its own families only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

import vedette
from vedette.agent.node.collectors import COLLECTORS, Collector
from vedette.agent.node.families import Family, gauge, render
from vedette.agent.node.host import Host, NoData

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class NodeExporter:
    """`page()` reads the machine now; it takes a few milliseconds of files and is called from a worker thread."""

    def __init__(
        self,
        host: Host | None = None,
        collectors: Sequence[tuple[str, Collector]] = COLLECTORS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._host = host or Host()
        self._collectors = collectors
        self._clock = clock

    def page(self) -> bytes:
        return render(self.collect())

    def collect(self) -> list[Family]:
        success = gauge("scrape_collector_success", "1 if the collector had something to read and read it, else 0.")
        duration = gauge("scrape_collector_duration_seconds", "How long the collector took.")
        build = gauge("exporter_build_info", "Which program serves these metrics; always 1.")
        build.add(
            1,
            branch="",
            goarch="",
            goos="linux",
            goversion="",
            revision="",
            tags="vedette",
            version=vedette.__version__,
        )
        families = [build, success, duration]
        for name, collector in self._collectors:
            started = self._clock()
            found = self._run(name, collector)
            duration.add(self._clock() - started, collector=name)
            success.add(0 if found is None else 1, collector=name)
            families += found or ()
        return merge(families)

    def _run(self, name: str, collector: Collector) -> list[Family] | None:
        try:
            return list(collector(self._host))
        except NoData as reason:
            log.debug("nothing to read", extra={"collector": name, "reason": str(reason)})
        except (OSError, ValueError, LookupError, ArithmeticError) as error:
            log.warning("collector failed", extra={"collector": name, "error": repr(error)})
        return None


def merge(families: Iterable[Family]) -> list[Family]:
    """Two collectors may add to one family (text files do): one family each, the first one's type and help."""
    merged: dict[str, Family] = {}
    for family in families:
        known = merged.setdefault(family.name, family)
        if known is not family:
            known.samples += family.samples
    return list(merged.values())

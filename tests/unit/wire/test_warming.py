from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import event

from tests.unit.wire import protobuf_pages as pb
from vedette.kernels import (
    exposition_floats,
    exposition_openmetrics,
    exposition_protobuf,
    exposition_table,
    exposition_text,
    protobuf,
)
from vedette.wire.exposition import SeriesCache, scan
from vedette.wire.negotiation import Format

MODULES = (
    exposition_floats,
    exposition_openmetrics,
    exposition_protobuf,
    exposition_table,
    exposition_text,
    protobuf,
)
UNSETTLED = b"9007199254740993.0000000000000000000000001"
PAGES = {
    Format.TEXT: b'# TYPE h histogram\nh_bucket{le="1"} 1\na ' + UNSETTLED + b"\n",
    Format.OPENMETRICS: b"a_total %b %b # {} %b %b\n# EOF\n" % (UNSETTLED, UNSETTLED, UNSETTLED, UNSETTLED),
    Format.PROTOBUF: pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {1: 3}), {"a": "b"})]),
}


class Compilations(event.Listener):
    def __init__(self) -> None:
        self.found: list[Any] = []

    def on_start(self, event: Any) -> None:
        self.found.append(event.data)

    def on_end(self, event: Any) -> None:
        pass


def test_nothing_is_compiled_after_warming() -> None:
    for module in MODULES:
        module.warm()
    compilations = Compilations()
    with event.install_listener("numba:compile", compilations):
        for page_format, body in PAGES.items():
            page = scan(memoryview(body), page_format)
            for i in range(page.n):
                page.labels(i)
            cache = SeriesCache()
            cache.resolve(page)
            cache.learn(page, np.arange(page.n), np.arange(page.n))
            cache.finish()
            cache.resolve(scan(b"", Format.TEXT))
            cache.finish()
            cache.abandon()
    assert compilations.found == []

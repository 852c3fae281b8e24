"""Benchmarks: us and the peer on the same work in one run. A module `benchmarks/<name>.py` has `run(options) -> Iterable[Ratio | Figure]`."""

"""Pure semantics of signals: relabelling, staleness."""

"""Runs Prometheus' own PromQL scripts (promqltest) against our engine: read by `script`, run by `runner`.

    script    the text to commands: load, clear, eval     points    a series line: labels and a sequence of values
    histograms  `{{schema:0 sum:1 ...}}` as a value       answers   what the engine said, and whether it is what was expected
    reevaluations  the hidden obligations: every instant query again with @ at other times, and as a range query
    nhcb        load_with_nhcb: classic histograms as native ones
    exclusions  the cases that do not pass yet, each with its reason

Spec: Prometheus promql/promqltest/README.md and test.go.
"""

"""The receiver of OTLP metrics, which makes of them what Prometheus 3.14 makes.

settings      the `otlp:` section and the feature flags
attributes    attribute values as text
labels        resource, scope and attributes to the labels of a series; target_info
points        histograms and summaries to classic series
native        exponential (and, if configured, explicit) histograms to native ones
deltas        delta points to running totals
exemplars     exemplars to the series they belong to
receiver      a body to the store
"""

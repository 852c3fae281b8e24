"""Prometheus 3.14's HTTP API: `/api/v1/*`, `/federate`, `/metrics`, `/-/*`, `/version`.

parameters   times, durations, limits, selectors, as its handlers read them
envelope     {status, data, warnings, infos}
rendering    query results as JSON, by kernels
queries      query, query_range; and, without evaluating, format_query, parse_query
exemplars    query_exemplars
lookups      labels, label values, series, metadata
targets      targets, scrape pools, relabel steps
status       status/*, features, and the empty answers of what is not built yet
federation   /federate           exposition   /metrics          lifecycle   /-/*, /version, redirects
"""

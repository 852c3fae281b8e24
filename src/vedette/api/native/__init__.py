"""Our own HTTP API, beside the references': what no Prometheus answers.

cardinality  /api/v1/cardinality: which names and labels make series many, and what dropping one would save
explaining   /api/v1/explain, /api/v1/why_empty: how a query was evaluated, and why it gave nothing
alert_routing /api/v1/routing: where alerts go, and which way a label set takes
"""

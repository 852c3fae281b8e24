"""Our own HTTP API, beside the references': what no Prometheus answers.

explaining   /api/v1/explain, /api/v1/why_empty: how a query was evaluated, and why it gave nothing
"""

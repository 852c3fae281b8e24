"""Our own HTTP API, beside the references': what no Prometheus answers.

cardinality  /api/v1/cardinality: which names and labels make series many, and what dropping one would save
explaining   /api/v1/explain, /api/v1/why_empty: how a query was evaluated, and why it gave nothing
alert_routing /api/v1/routing: where alerts go, and which way a label set takes
alert_history, alert_notes, alert_why, dry_run
             /api/v1/alerts/...: what became of alerts, who has them in hand, why, and what another configuration would have sent
objectives   /api/v1/slos: objectives and their budgets
heartbeats   /api/v1/heartbeats: dead man's switches, theirs and ours
"""

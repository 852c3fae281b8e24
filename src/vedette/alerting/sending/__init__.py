"""Alerts to other Alertmanagers, as Prometheus sends them: discovered, relabelled, queued for each, posted in batches."""

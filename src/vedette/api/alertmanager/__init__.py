"""Alertmanager's API v2, for amtool, Prometheus and everything else that speaks it. Source: alertmanager api/v2, 0.34."""

"""The HTTP surface: Prometheus' API, security, errors."""

"""PromQL as Prometheus 3.14 answers it."""

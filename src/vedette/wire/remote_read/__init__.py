"""Remote read: requests, and both kinds of answers, as bytes. Spec: https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/."""

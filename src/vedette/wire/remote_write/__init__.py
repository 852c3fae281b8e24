"""Remote write 1.0 and 2.0 on the wire. Specs: https://prometheus.io/docs/specs/prw/."""

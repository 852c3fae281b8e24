"""OTLP metrics: protobuf and JSON to columns, names as Prometheus has them."""

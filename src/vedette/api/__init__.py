"""The outside: plain ASGI, who may ask, and the Prometheus HTTP API. Everything it serves comes in through `Services`."""

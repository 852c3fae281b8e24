"""Sans-IO codecs: bytes of a protocol to columnar batches and back. No sockets, no clocks."""

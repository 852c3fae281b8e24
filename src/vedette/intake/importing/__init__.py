"""Streams of samples of any age to batches: OpenMetrics text and JSON lines, from a file or a request, in bounded memory."""

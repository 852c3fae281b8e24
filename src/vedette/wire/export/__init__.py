"""Samples as files: OpenMetrics text, JSON lines, CSV, Parquet. `new_writer` is the door; docs/formats/export.md specifies them."""

from vedette.wire.export.writers import FORMATS, ExportWriter, new_writer

__all__ = ["FORMATS", "ExportWriter", "new_writer"]

"""Remote write 1.0 and 2.0: what a request says it is, its bytes to columns, and the slow paths back to labels and metadata."""

from vedette.wire.remote_write.negotiation import Message, UnsupportedMedia, message_of
from vedette.wire.remote_write.request import WriteRequest
from vedette.wire.remote_write.scanning import scan_request

__all__ = ["Message", "UnsupportedMedia", "WriteRequest", "message_of", "scan_request"]

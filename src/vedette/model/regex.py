"""Regular expressions with RE2's syntax and linear time, fully anchored, as Prometheus' matchers and relabelling use them.

`.` matches a newline too (Prometheus 3 wraps every expression in `^(?s:...)$`). Python's `re` is not an alternative: it
backtracks, and a tenant's pattern must not be able to stop the process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

from vedette.model.errors import BadInput

PROGRAM_BYTES_MAX: Final = 8 << 20

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = PROGRAM_BYTES_MAX


@lru_cache(maxsize=4096)
def compile_anchored(pattern: str) -> Any:
    """A compiled expression; call `.fullmatch(text)`. Raises BadInput with RE2's own reason."""
    try:
        return re2.compile(f"(?s:{pattern})", _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise BadInput(f"error parsing regexp: {reason}: `{pattern}`") from None

"""One error tree. Each class has a stable `code`; rooms raise them, the rim of `api` translates them into each protocol's shape.

    VedetteError                 internal
    ├── BadInput                 bad_data              the caller's text or parameters are wrong
    │   ├── QueryParseError      bad_data              with the position in the query
    │   ├── MalformedPage        malformed_exposition  with line and byte offset
    │   └── ConfigError          bad_config            with file, line, key and hint
    ├── NotFound                 not_found
    ├── Unauthenticated          unauthenticated
    ├── Forbidden                forbidden
    ├── QueryFailed              execution             the query is well formed and cannot be answered
    │   └── QueryTooLarge        query_too_large       a limit was reached; says which
    ├── QueryTimeout             timeout
    ├── QueryCanceled            canceled
    ├── BodyTooLarge             body_too_large
    ├── QueueFull                queue_full            try again later
    ├── Unreachable              unreachable           a server that we ask does not answer, or not as it should
    ├── NotSent                  not_sent              a notification that its receiver did not take
    └── StoreError               store
        ├── StoreUnavailable     store_unavailable     disk full, engine stopped; nothing acknowledged is lost
        ├── DataDirectoryInUse   data_directory_in_use
        └── SchemaTooNew         schema_too_new

Texts are lowercase, concrete, the offending value last; `hint` says what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class VedetteError(Exception):
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def placed(self) -> str:
        """The message, after the place that it is about; without the hint."""
        return self.message

    def __str__(self) -> str:
        return f"{self.placed}\nhint: {self.hint}" if self.hint else self.placed


class BadInput(VedetteError):
    code = "bad_data"


class QueryParseError(BadInput):
    """`position` and `end` are byte offsets into the query; the message already starts with `line:column: parse error:`."""

    def __init__(self, message: str, *, position: int = 0, end: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
        self.end = end


class MalformedPage(BadInput):
    """A scraped or pushed page that its format does not allow. `line` counts from 1, `offset` is in bytes."""

    code = "malformed_exposition"

    def __init__(self, message: str, *, line: int = 0, offset: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.offset = offset


class ConfigError(BadInput):
    """`line` counts from 1 (0: unknown); `key` is a dotted path such as `scrape_configs[0].scrape_interval`."""

    code = "bad_config"

    def __init__(self, message: str, *, file: str = "", line: int = 0, key: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line
        self.key = key

    @property
    def placed(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        key = f"{self.key}: " if self.key else ""
        return f"{place}{key}{self.message}"


class NotFound(VedetteError):
    code = "not_found"


class Unauthenticated(VedetteError):
    code = "unauthenticated"


class Forbidden(VedetteError):
    code = "forbidden"


class QueryFailed(VedetteError):
    code = "execution"


class QueryTooLarge(QueryFailed):
    code = "query_too_large"


class QueryTimeout(VedetteError):
    code = "timeout"


class QueryCanceled(VedetteError):
    code = "canceled"


class BodyTooLarge(VedetteError):
    code = "body_too_large"


class QueueFull(VedetteError):
    code = "queue_full"


class Unreachable(VedetteError):
    code = "unreachable"


class NotSent(VedetteError):
    """`retry`: whether trying again may help; `after_s`: not before, where the receiver said so."""

    code = "not_sent"

    def __init__(self, message: str, *, retry: bool, after_s: float | None = None, reason: str = "other") -> None:
        super().__init__(message)
        self.retry = retry
        self.after_s = after_s
        self.reason = reason
        """A label of `alertmanager_notifications_failed_total`: clientError, serverError, contextDeadlineExceeded, other."""


class StoreError(VedetteError):
    code = "store"


class StoreUnavailable(StoreError):
    code = "store_unavailable"


class DataDirectoryInUse(StoreError):
    code = "data_directory_in_use"


class SchemaTooNew(StoreError):
    code = "schema_too_new"

"""The tables of control state, as docs/formats/control.md specifies them. Changed by migrations only.

`revision` stands in each row that servers follow: the number of the transaction that wrote it last.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text

METADATA: Final = MetaData()

STATE: Final = Table(
    "control_state",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("schema", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""One row. Whoever writes locks it first, so that revisions are in the order of commits."""

ALERTS: Final = Table(
    "alerts",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("fingerprint", BigInteger, primary_key=True, autoincrement=False),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("starts_at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("timeout", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""The fingerprint is a uint64 in an int64: above 2^63 it is negative."""

SILENCES: Final = Table(
    "silences",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("content", Text, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

NOTIFICATION_LOG: Final = Table(
    "notification_log",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("group_key", Text, primary_key=True),
    Column("receiver", Text, primary_key=True),
    Column("integration", String, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("sent_at_ms", BigInteger, nullable=False),
    Column("firing", LargeBinary, nullable=False),
    Column("resolved", LargeBinary, nullable=False),
    Column("kept", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

SERVERS: Final = Table(
    "servers",
    METADATA,
    Column("name", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("leads_until_ms", BigInteger, nullable=False),
)
"""Times are the database's, whose clock all servers share."""

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""What people did, entry by entry; never changed."""

"""Which system this is: os-release and uname."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from vedette.agent.node.families import Family, gauge
from vedette.agent.node.host import Host, NoData, read_or

OS_LABELS = (
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
)


def os_release(host: Host) -> Iterator[Family]:
    text = read_or(host.root / "etc/os-release") or read_or(host.root / "usr/lib/os-release")
    if not text:
        raise NoData("no os-release file")
    fields = {
        key.lower(): value for key, _, value in (word.partition("=") for word in shlex.split(text, comments=True))
    }
    yield gauge("os_info", "Which operating system this is; always 1.").add(
        1, **{name: fields.get(name, "") for name in OS_LABELS}
    )
    version = re.match(r"[0-9]+\.?[0-9]*", fields.get("version_id", ""))
    if version:
        yield gauge("os_version", "The system's version as a number.").add(
            float(version.group()), **{name: fields.get(name, "") for name in ("id", "id_like", "name")}
        )
    if fields.get("support_end"):
        end = datetime.strptime(fields["support_end"], "%Y-%m-%d").replace(tzinfo=UTC)
        yield gauge("os_support_end_timestamp_seconds", "When the system's support ends, in seconds since 1970.").add(
            end.timestamp()
        )


def uname(host: Host) -> Iterator[Family]:
    names = os.uname()
    domain = read_or(host.proc / "sys/kernel/domainname", "(none)")
    yield gauge("uname_info", "The kernel and the machine's name; always 1.").add(
        1,
        sysname=names.sysname,
        release=names.release,
        version=names.version,
        machine=names.machine,
        nodename=names.nodename,
        domainname=domain,
    )

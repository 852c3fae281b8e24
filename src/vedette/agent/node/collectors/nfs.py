"""NFS: what the client and the server counted, /proc/net/rpc/{nfs,nfsd}: lines of numbers in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vedette.agent.node.families import Family, Make, counter, gauge
from vedette.agent.node.host import Host

VERSION_2 = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Root",
    "Lookup",
    "ReadLink",
    "Read",
    "WrCache",
    "Write",
    "Create",
    "Remove",
    "Rename",
    "Link",
    "SymLink",
    "MkDir",
    "RmDir",
    "ReadDir",
    "FsStat",
]
VERSION_3 = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Lookup",
    "Access",
    "ReadLink",
    "Read",
    "Write",
    "Create",
    "MkDir",
    "SymLink",
    "MkNod",
    "Remove",
    "RmDir",
    "Rename",
    "Link",
    "ReadDir",
    "ReadDirPlus",
    "FsStat",
    "FsInfo",
    "PathConf",
    "Commit",
]
CLIENT_VERSION_4 = [
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "GetDeviceInfo",
    "LayoutGet",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone",
]
SERVER_VERSION_4 = [
    "Access",
    "Close",
    "Commit",
    "Create",
    "DelegPurge",
    "DelegReturn",
    "GetAttr",
    "GetFH",
    "Link",
    "Lock",
    "Lockt",
    "Locku",
    "Lookup",
    "LookupRoot",
    "Nverify",
    "Open",
    "OpenAttr",
    "OpenConfirm",
    "OpenDgrd",
    "PutFH",
    "PutPubFH",
    "PutRootFH",
    "Read",
    "ReadDir",
    "ReadLink",
    "Remove",
    "Rename",
    "Renew",
    "RestoreFH",
    "SaveFH",
    "SecInfo",
    "SetAttr",
    "SetClientID",
    "SetClientIDConfirm",
    "Verify",
    "Write",
    "RelLockOwner",
]
"""Operations by number, from the first, which is 3."""
FIRST_OPERATION = 3
NOT_SHOWN = ("PutPubFH", "PutRootFH")
"""Operations of the server without a series of their own."""

Field = tuple[str, int, Make, str, dict[str, str], str]
CLIENT_FIELDS: tuple[Field, ...] = (
    ("net", 1, counter, "packets_total", {"protocol": "udp"}, "Packets, by protocol."),
    ("net", 2, counter, "packets_total", {"protocol": "tcp"}, "Packets, by protocol."),
    ("net", 3, counter, "connections_total", {}, "TCP connections."),
    ("rpc", 0, counter, "rpcs_total", {}, "Remote procedure calls."),
    ("rpc", 1, counter, "rpc_retransmissions_total", {}, "Calls that were sent again."),
    ("rpc", 2, counter, "rpc_authentication_refreshes_total", {}, "Times that credentials were refreshed."),
)
SERVER_FIELDS: tuple[Field, ...] = (
    ("rc", 0, counter, "reply_cache_hits_total", {}, "Replies from the cache: the client had lost one."),
    ("rc", 1, counter, "reply_cache_misses_total", {}, "Operations whose reply had to be cached."),
    ("rc", 2, counter, "reply_cache_nocache_total", {}, "Operations whose reply needs no caching."),
    ("fh", 0, counter, "file_handles_stale_total", {}, "File handles that were stale."),
    ("io", 0, counter, "disk_bytes_read_total", {}, "Bytes read for clients."),
    ("io", 1, counter, "disk_bytes_written_total", {}, "Bytes written for clients."),
    ("th", 0, gauge, "server_threads", {}, "Threads of the server."),
    ("ra", 0, gauge, "read_ahead_cache_size_blocks", {}, "Size of the read-ahead cache, in blocks."),
    ("ra", 11, counter, "read_ahead_cache_not_found_total", {}, "Look-ups that missed the read-ahead cache."),
    ("net", 1, counter, "packets_total", {"proto": "udp"}, "Packets, by protocol."),
    ("net", 2, counter, "packets_total", {"proto": "tcp"}, "Packets, by protocol."),
    ("net", 3, counter, "connections_total", {}, "TCP connections."),
    ("rpc", 0, counter, "server_rpcs_total", {}, "Remote procedure calls served."),
    ("rpc", 2, counter, "rpc_errors_total", {"error": "fmt"}, "Calls refused, by reason."),
    ("rpc", 3, counter, "rpc_errors_total", {"error": "auth"}, "Calls refused, by reason."),
    ("rpc", 4, counter, "rpc_errors_total", {"error": "cInt"}, "Calls refused, by reason."),
    ("wdeleg_getattr", 0, counter, "requests_total", {"proto": "4", "method": "WdelegGetattr"}, "Requests served."),
)
"""The line, the number's place in it, and the series it becomes."""


def nfs(host: Host) -> Iterator[Family]:
    lines = parse_lines(host.read_proc("net/rpc/nfs"))
    yield from single_fields("nfs", CLIENT_FIELDS, lines)
    requests = counter("nfs_requests_total", "Procedures called, by version of the protocol.")
    for line, version, names in (
        ("proc2", "2", VERSION_2),
        ("proc3", "3", VERSION_3),
        ("proc4", "4", CLIENT_VERSION_4),
    ):
        add_procedures(requests, version, names, lines.get(line, ())[1:])
    yield requests


def nfsd(host: Host) -> Iterator[Family]:
    """The server's own Null procedures are not shown."""
    lines = parse_lines(host.read_proc("net/rpc/nfsd"))
    yield from single_fields("nfsd", SERVER_FIELDS, lines)
    requests = counter("nfsd_requests_total", "Requests served, by version of the protocol.")
    add_procedures(requests, "2", VERSION_2[1:], lines.get("proc2", ())[2:])
    add_procedures(requests, "3", VERSION_3[1:], lines.get("proc3", ())[2:])
    add_procedures(requests, "4", SERVER_VERSION_4, lines.get("proc4ops", ())[1 + FIRST_OPERATION :])
    yield requests


def parse_lines(text: str) -> dict[str, list[float]]:
    lines = (line.split() for line in text.splitlines())
    return {words[0]: [float(word) for word in words[1:]] for words in lines if words}


def single_fields(prefix: str, fields: Sequence[Field], lines: dict[str, list[float]]) -> Iterator[Family]:
    families: dict[str, Family] = {}
    for line, place, make, name, labels, text in fields:
        numbers = lines.get(line, [])
        value = numbers[place] if place < len(numbers) else 0
        families.setdefault(name, make(f"{prefix}_{name}", text)).add(value, **labels)
    yield from families.values()


def add_procedures(requests: Family, version: str, names: Sequence[str], counts: Sequence[float]) -> None:
    """An older kernel counts fewer procedures than we know: those it lacks are 0. None at all: it lacks the version."""
    if not counts:
        return
    padded = [*counts, *[0.0] * (len(names) - len(counts))]
    for name, count in zip(names, padded, strict=False):
        if name not in NOT_SHOWN:
            requests.add(count, proto=version, method=name)

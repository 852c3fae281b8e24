"""Sockets: the public one, bound before anything else so that its port is known, and a private one for ourselves."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Final

from vedette.app.settings import Settings
from vedette.model.errors import BadInput

SOCKET_NAME: Final = "own-metrics.sock"
SOCKET_PATH_BYTES_MAX: Final = 107
"""Linux: sun_path of unix(7), without the zero at its end."""


def bind(host: str, port: int) -> socket.socket:
    """Bound, not yet accepting. Raises BadInput when the address is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
        return listener
    except OSError as error:
        raise BadInput(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            hint="is another server running there? --listen picks another address",
        ) from None


def private_path(data: Path) -> Path:
    """Where the private socket stands: in the data directory, or in a new folder of our own where that path is too long."""
    path = (data / SOCKET_NAME).resolve()
    return (
        path
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX
        else Path(tempfile.mkdtemp(prefix="vedette-")) / SOCKET_NAME
    )


def bind_private(path: Path) -> socket.socket:
    """A socket file that only this user may open. The data directory's lock makes sure that no live server owns it."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener


def instance_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def public_url(listener: socket.socket, settings: Settings, *, tls: bool) -> str:
    return settings.external_url or f"{'https' if tls else 'http'}://{instance_of(listener)}{settings.route_prefix}"

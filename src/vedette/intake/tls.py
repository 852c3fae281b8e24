"""A TLS context from a `tls_config`. Certificates are read again when their files change (`file_stamp`)."""

from __future__ import annotations

import os
import ssl
import tempfile
from functools import cache
from typing import Final

from vedette.intake.config.http import TlsConfig, TlsVersion

_VERSIONS: Final = {
    TlsVersion.TLS10: ssl.TLSVersion.TLSv1,
    TlsVersion.TLS11: ssl.TLSVersion.TLSv1_1,
    TlsVersion.TLS12: ssl.TLSVersion.TLSv1_2,
    TlsVersion.TLS13: ssl.TLSVersion.TLSv1_3,
}


def build_context(config: TlsConfig) -> ssl.SSLContext:
    """Reads files: for a worker thread. Raises OSError (ssl.SSLError included)."""
    context = ssl.create_default_context(cafile=config.ca_file or None, cadata=config.ca or None)
    if config.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # the reference's floor; the platform's default may be higher and its own doing
    context.minimum_version = _VERSIONS[config.min_version or TlsVersion.TLS12]
    if config.max_version is not None:
        context.maximum_version = _VERSIONS[config.max_version]
    if config.cert_file and config.key_file:
        context.load_cert_chain(config.cert_file, config.key_file)
    elif config.cert or config.cert_file:
        _load_inline_chain(context, config)
    return context


@cache
def default_context(config: TlsConfig) -> ssl.SSLContext:
    """One for every client without TLS settings: reading the machine's certificates costs 40 ms. In a worker thread."""
    return build_context(config)


def _load_inline_chain(context: ssl.SSLContext, config: TlsConfig) -> None:
    """OpenSSL's binding takes files only: the inline half goes through a private directory that is gone at once."""
    with tempfile.TemporaryDirectory() as folder:
        cert = config.cert_file or _write(folder, "cert.pem", config.cert)
        key = config.key_file or _write(folder, "key.pem", config.key.reveal())
        context.load_cert_chain(cert, key)


def _write(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


def file_stamp(config: TlsConfig) -> tuple[float, ...]:
    """Changes when a certificate file does; 0 stands for a file that is not there (the next handshake will say so)."""
    return tuple(_modified(path) for path in (config.ca_file, config.cert_file, config.key_file) if path)


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0

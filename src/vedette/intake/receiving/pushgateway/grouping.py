"""`/metrics/job/NAME/LABEL/VALUE...` to the labels of a group. `@base64` behind a name says how its value is written.

Source, words included: Pushgateway handler/push.go (splitLabels, decodeBase64).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.labels import is_classic_label_name
from vedette.model.quoting import quote

BASE64_SUFFIX: Final = "@base64"
_RESERVED: Final = "__"
_URL_SAFE: Final = re.compile(r"[A-Za-z0-9_-]*\Z")


def group_labels(rest: str, *, job_is_base64: bool) -> dict[str, str]:
    """`rest` is what follows `/metrics/job/` or `/metrics/job@base64/`. Raises BadInput."""
    job, slash, tail = rest.partition("/")
    if job_is_base64:
        try:
            job = _decode(job)
        except ValueError as error:
            raise BadInput(f"invalid base64 encoding in job name {quote(job)}: {error}") from None
    labels = _split(slash + tail)
    if not job:
        raise BadInput("job name is required")
    return labels | {"job": job}


def _split(text: str) -> dict[str, str]:
    if len(text) <= 1:
        return {}
    parts = text[1:].split("/")
    if len(parts) % 2:
        raise BadInput(f"odd number of components in label string {quote(text)}")
    labels = {}
    for written, value in zip(parts[::2], parts[1::2], strict=True):
        name = written.removesuffix(BASE64_SUFFIX)
        if not is_classic_label_name(name) or name.startswith(_RESERVED):
            raise BadInput(f"improper label name {quote(name)}")
        if name != written:
            try:
                value = _decode(value)
            except ValueError as error:
                raise BadInput(f"invalid base64 encoding for label {name}={quote(value)}: {error}") from None
        labels[name] = value
    return labels


def _decode(text: str) -> str:
    """URL-safe base64 with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    if not _URL_SAFE.match(bare):
        at = next(i for i, character in enumerate(bare) if not _URL_SAFE.match(character))
        raise ValueError(f"illegal base64 data at input byte {at}")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode(errors="replace")
    except binascii.Error:
        raise ValueError(f"illegal base64 data at input byte {len(bare)}") from None

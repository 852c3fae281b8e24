"""How far a remote has got: DATA/remote_write/NAME.json, replaced atomically.

`acknowledged`: the remote has every sample of the commits up to here. `sending`: a round of requests for the commits after
that, up to here, was begun. It is written before the round, so that a restart repeats the same round: the same requests,
which a receiver that takes a request whole or not at all (Prometheus) has either stored or not seen.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Position:
    acknowledged: int
    sending: int


class PositionFile:
    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name.replace('/', '_')}.json"

    def read(self) -> Position | None:
        """None where there is none yet, or it is damaged: then sending begins anew, with what is committed from now on."""
        try:
            found = json.loads(self._path.read_text())
            return Position(int(found["acknowledged"]), int(found["sending"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, position: Position) -> None:
        """Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with draft.open("w") as file:
            json.dump({"acknowledged": position.acknowledged, "sending": position.sending}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

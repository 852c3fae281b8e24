"""The seeds of the keys by which series are known without reading their labels.

Of this process, so that nobody who sends can choose series whose keys collide.
"""

from __future__ import annotations

import secrets
from typing import Final

import numpy as np

SEEDS: Final = np.array([secrets.randbits(64), secrets.randbits(64) | 1], np.uint64)

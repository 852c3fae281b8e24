"""The OpenMetrics project's own parser cases: our strict verdict against `shouldParse`, all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tests.harness import Options, Outcome
from tests.settings import conformance
from vedette.model.errors import MalformedPage
from vedette.wire.exposition import Format, scan


def run(options: Options) -> Iterable[Outcome]:
    cases = sorted(folder for folder in conformance("openmetrics").iterdir() if (folder / "test.json").exists())
    outcome = Outcome("openmetrics", 0, len(cases), excluded=0)
    for folder in cases:
        case = json.loads((folder / "test.json").read_text())
        reason = refusal((folder / case["file"]).read_bytes())
        if (reason is None) == case["shouldParse"]:
            outcome.passed += 1
        else:
            outcome.failures.append(f"{folder.name}: {reason or 'accepted'}")
    yield outcome


def refusal(body: bytes) -> str | None:
    """Why the strict verdict refuses the page; None where it is accepted."""
    try:
        scan(body, Format.OPENMETRICS, strict=True)
    except MalformedPage as error:
        return error.message
    return None

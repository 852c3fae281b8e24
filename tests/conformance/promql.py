"""`conformance promql[memory]` and `promql[chdb]`: the 2,214 evals of Prometheus' 21 PromQL scripts, with all they oblige to.

python -m tests.conformance.promql --regenerate     writes the exclusions anew from what fails today
python -m tests.conformance.promql FILE[:LINE] ...  runs some scripts and prints what fails
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests import settings
from tests.conformance.promqltest.exclusions import Case, Exclusions, read_exclusions, write_exclusions
from tests.conformance.promqltest.runner import CaseResult, Insert, ScriptRunner
from tests.conformance.promqltest.script import read_script
from tests.harness import Options, Outcome
from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.store.memory import MemoryStore

EXCLUSIONS: Final = Path(__file__).with_name("promql_exclusions.toml")
_COMMIT_WITHIN_S: Final = 60.0
_WRONG: Final = "wrong answer"


@dataclass(frozen=True, slots=True)
class Loadable:
    store: Store
    insert: Insert


def run(options: Options) -> Iterable[Outcome]:
    exclusions = read_exclusions(EXCLUSIONS)
    for name, opened in _STORES.items():
        with opened() as loadable:
            yield _outcome(name, _run_scripts(loadable), exclusions)


@contextmanager
def _open_memory() -> Iterator[Loadable]:
    store = MemoryStore(windows=False)

    def insert(principal: Principal, batch: SampleBatch | HistogramBatch) -> None:
        append = store.append_histograms if isinstance(batch, HistogramBatch) else store.append
        append(principal, batch).committed.result(_COMMIT_WITHIN_S)  # type: ignore[arg-type]

    yield Loadable(store, insert)


@contextmanager
def _open_chdb() -> Iterator[Loadable]:
    """Samples are imported, so that every answer is read from chunk rows on disk. Imported here: memory runs do without."""
    from vedette.store.chdb_store import ChdbStore
    from vedette.store.opening import StoreSettings

    with (
        tempfile.TemporaryDirectory() as folder,
        closing(ChdbStore(StoreSettings(Path(folder), maintenance=False))) as store,
    ):
        yield Loadable(store, lambda _, batch: store.import_samples([batch]))


_STORES: Final = {"memory": _open_memory, "chdb": _open_chdb}


def _run_scripts(loadable: Loadable, wanted: frozenset[str] = frozenset()) -> Iterator[tuple[Case, CaseResult]]:
    """All scripts, or those whose file names are wanted."""
    for script in sorted(settings.conformance("promql").glob("*.test")):
        if wanted and script.name not in wanted:
            continue
        for result in ScriptRunner(loadable.store, loadable.insert, script.stem).run(read_script(script.read_text())):
            yield (script.name, result.command.line), result


def _outcome(name: str, results: Iterable[tuple[Case, CaseResult]], exclusions: Exclusions) -> Outcome:
    outcome = Outcome(f"promql[{name}]", 0, 0, excluded=0)
    n_evaluations = 0
    for case, result in results:
        outcome.total += 1
        n_evaluations += result.n_evaluations
        reason = exclusions.reason_for(case)
        place = f"{case[0]}:{case[1]}"
        if result.failure and reason is not None:
            outcome.excluded = (outcome.excluded or 0) + 1
        elif result.failure:
            outcome.failures.append(f"{place}: {result.command.query}: {result.failure}")
        else:
            outcome.passed += 1
            if reason is not None:
                outcome.failures.append(f"{place}: passes but is excluded ({reason}): regenerate the exclusions")
    outcome.suffix = f", {n_evaluations} evaluations"
    return outcome


def _regenerate() -> None:
    with _open_memory() as loadable:
        results = list(_run_scripts(loadable))
    reasons = {case: _WRONG for case, result in results if result.failure}
    write_exclusions(EXCLUSIONS, [case for case, _ in results], reasons)
    print(f"{len(results) - len(reasons)} of {len(results)} pass; wrote {EXCLUSIONS.name}")


def _show(wanted: list[str]) -> None:
    files = frozenset(case.partition(":")[0] for case in wanted)
    with _open_memory() as loadable:
        for case, result in _run_scripts(loadable, files):
            place = f"{case[0]}:{case[1]}"
            if result.failure and (place in wanted or case[0] in wanted):
                print(f"{place}\n    {result.command.query}\n    {result.failure}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regenerate", action="store_true")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    if arguments.regenerate:
        _regenerate()
    else:
        _show(arguments.case)


if __name__ == "__main__":
    main()

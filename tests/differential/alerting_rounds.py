"""Generated rounds for `differential alerting`: a part of the routing tree, inhibition, silences, a stream of alerts.

All rounds run at once in one configuration; each has alerts of its own by the label `round`. Whatever happens to alerts happens at
half seconds, and timers are such that groups are told of at whole ones: which alerts a notification has does not hang on milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

LASTS_S: Final = 14
NAMES: Final = ("A0", "A1", "A2")
VALUES: Final = ("x", "y")
RECEIVERS: Final = ("first", "second", "quiet")
_GROUPINGS: Final = ([], ["alertname"], ["alertname", "a"], ["a", "b"], ["..."], ["missing"])


@dataclass(frozen=True, slots=True)
class Event:
    """Seconds from the beginning. `ends`: None: not said; else from the beginning."""

    at: float
    labels: Mapping[str, str]
    starts: float
    ends: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence, ended by somebody at `lifted` where that is not None."""

    at: float
    matchers: list[dict[str, Any]]
    starts: float
    ends: float
    lifted: float | None


@dataclass(slots=True)
class Round:
    number: int
    route: dict[str, Any] = field(default_factory=dict)
    inhibit_rules: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    silences: list[Quiet] = field(default_factory=list)


def new_round(number: int, seed: int) -> Round:
    random = Random(f"{seed}-{number}")
    made = Round(number)
    made.route = {"matchers": [f'round="{number}"'], "continue": False, **_timers(random), "routes": _children(random)}
    if random.random() < 0.5:
        made.inhibit_rules.append(_inhibition(random, number))
    made.events = sorted(_events(random, number), key=lambda event: event.at)
    made.silences = [_silence(random, number) for _ in range(random.choice((0, 0, 1, 2)))]
    return made


def _timers(random: Random) -> dict[str, Any]:
    return {
        "receiver": random.choice(RECEIVERS),
        "group_by": random.choice(_GROUPINGS),
        "group_wait": f"{random.randrange(3)}500ms",
        "group_interval": f"{random.randint(1, 3)}s",
        "repeat_interval": f"{random.randint(2, 8)}500ms",
    }


def _children(random: Random) -> list[dict[str, Any]]:
    return [
        {"matchers": _matchers(random), "continue": random.random() < 0.4, **_some(random, _timers(random))}
        for _ in range(random.randrange(4))
    ]


def _some(random: Random, options: dict[str, Any]) -> dict[str, Any]:
    """The others are inherited."""
    return {key: value for key, value in options.items() if random.random() < 0.5}


def _matchers(random: Random) -> list[str]:
    choices = ('a="x"', 'b!="x"', 'alertname=~"A[01]"', 'alertname="A2"', 'b=~"x|y"', 'a!~"x.*"', 'missing=""')
    return random.sample(choices, random.randint(1, 2))


def _inhibition(random: Random, number: int) -> dict[str, Any]:
    """One source at most for each value of the equal labels: the reference knows one of several only."""
    return {
        "source_matchers": [f'round="{number}"', 'alertname="A0"', 'b="x"'],
        "target_matchers": [f'round="{number}"', random.choice(('alertname="A1"', 'alertname!="A0"'))],
        "equal": ["round", "a"],
    }


def _events(random: Random, number: int) -> list[Event]:
    events: list[Event] = []
    if random.random() < 0.3:  # began long ago: told of at once, at a whole second
        events.append(_event(random, number, 0.0, -3600.0))
    for _ in range(random.randint(4, 12)):
        at = random.randint(0, LASTS_S - 4) + 0.5
        event = _event(random, number, at, at)
        # Of two words about an alert in one request the reference's parallel workers may take either as the last.
        if not any(other.at == at and other.labels == event.labels for other in events):
            events.append(event)
    return events


def _event(random: Random, number: int, at: float, starts: float) -> Event:
    labels = {
        "alertname": random.choice(NAMES),
        "a": random.choice(VALUES),
        "b": random.choice(VALUES),
        "round": str(number),
    }
    ends = random.choice((None, at + 3600, at + 3600, at, at + 3)) if starts == at else at + 3600
    return Event(at, labels, starts, ends, random.choice(("", "one", "two")))


def _silence(random: Random, number: int) -> Quiet:
    at = random.randint(0, 8) + 0.5
    starts = at + random.choice((0, 1, 2))
    matchers = [
        _api_matcher("round", str(number)),
        random.choice((_api_matcher("alertname", "A1"), _api_matcher("a", "x|z", is_regex=True))),
    ]
    return Quiet(at, matchers, starts, starts + random.randint(2, 6), random.choice((None, None, starts + 1)))


def _api_matcher(name: str, value: str, *, is_regex: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "isRegex": is_regex, "isEqual": True}

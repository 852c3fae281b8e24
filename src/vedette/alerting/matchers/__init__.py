"""Matchers of routes, inhibition rules, silences and API filters: their text, and how many of them are matched at once."""

from vedette.alerting.matchers.matcher import AlertMatcher, Matchers, matches_all
from vedette.alerting.matchers.modes import MatcherMode

__all__ = ["AlertMatcher", "MatcherMode", "Matchers", "matches_all"]

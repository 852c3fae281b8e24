"""Unit tests of rules, in promtool's files: series go in, time is turned, alerts and expressions are held to what is expected."""

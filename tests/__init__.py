"""Tiers of tests: `fast` is pytest over tests/unit plus lint, types and imports; the others are modules with `run`."""

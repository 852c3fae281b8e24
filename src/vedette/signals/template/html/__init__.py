"""Values in HTML templates are escaped for the place where they stand, as Go's html/template does it.

    template text --HtmlEscaper.text--> where are we? (contexts.py)
    value --HtmlEscaper.value--> escaped for that place (escapes.py)

The place is found from the text as it is written, not by analysis before: branches may end in different places, which Go
refuses. Values inside scripts and event attributes are refused (Go knows JavaScript; a mail that runs some is never read).
Source of semantics: https://pkg.go.dev/html/template.
"""

from vedette.signals.template.html.escaper import HtmlEscaper

__all__ = ["HtmlEscaper"]

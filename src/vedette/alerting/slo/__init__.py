"""Service level objectives: what part of the events may go wrong in a window, and when to wake somebody about it.

sections      an SLO as it is declared        expressions   its indicator as PromQL
burn_rates    when it burns too fast          compiling     an SLO to rule groups, which the rules' manager evaluates
budget        what is left, and until when    catalog       SLOs of a file and SLOs set over HTTP, with their versions

docs/slo.md has the mathematics. Source of the method: Google, The Site Reliability Workbook, chapter 5 (alerting on SLOs).
"""

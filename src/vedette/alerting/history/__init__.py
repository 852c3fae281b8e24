"""What became of every alert: noted as it happens, told as occurrences.

kinds         the events                       watching      what changed between two looks at all alerts (pure)
recording     notifications, as they are sent  occurrences   events folded into times from begin to end (pure)
watcher       looks, notes, forgets
"""

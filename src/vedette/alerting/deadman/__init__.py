"""Dead man's switches, both ways round: somebody outside notices our silence, and we notice that of others.

switch       a rule that always fires, notified to an URL that expects to be asked: when anything between breaks, it is not
heartbeats   pings that must come, and the rules that fire when they stop
"""

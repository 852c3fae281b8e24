"""A configuration rehearsed on the past: what it would have sent.

past   alerts of the history, from when to when each fired     playing   the pipeline over them, in virtual time (pure)
"""

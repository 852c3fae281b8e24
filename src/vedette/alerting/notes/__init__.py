"""What people say of an alert: that they have it in hand, whose it is, what they found out.

notes   entries of the journal folded into what holds now (pure)
book    the notes of all alerts: written through the journal, followed from other servers
"""

"""Which receivers an alert goes to, in which groups, and when they may be told."""

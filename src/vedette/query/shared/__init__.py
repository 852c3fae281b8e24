"""What the query languages share."""

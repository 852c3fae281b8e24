"""`vedette alerts`: what fires, why, what became of it; acknowledging; dry runs. It asks a running server."""

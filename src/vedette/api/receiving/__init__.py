"""The rims of the doors: bodies are read here, worker threads take them in, and the answer waits for the commit."""

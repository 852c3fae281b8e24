"""The doors through which samples are pushed: what a request brings goes to the store, what is refused is said in words.

    wire (bytes to columns) -> SeriesRefs (key to ref, labels only when new) -> Admission (append, verdicts to words)

Cores are synchronous and run in worker threads; the rim in `api.receiving` reads bodies and waits for the commit.
"""

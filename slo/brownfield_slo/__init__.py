"""Service levels: what counts, over which window, the ledger that keeps it, rules and pictures that follow from it."""

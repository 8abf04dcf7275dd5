"""Service levels: what counts, over which window, which rules and pictures follow from it. Pure."""

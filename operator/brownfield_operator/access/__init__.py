"""Who may do what on the spine: one root of trust, a user per process, limited to its own subjects."""

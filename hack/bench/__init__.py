"""`make bench`: reproducible scenarios, measured as whole processes, figures of one run on one machine."""

"""The ledger: durable good and total counts per resource and indicator, and what they are within a window.

Processes count since they began, and die. Prometheus sees what it scrapes, and may be absent on an edge box. The
ledger turns what the health records say into counts that never fall and have no holes: what a dead process should
have done is counted as not done, by schedule and time, and what a living one did is counted once, whoever restarts.

Pure: records and a time in, counts out. Who reads the records and where the books are kept is said elsewhere
(`brownfield_spine.books`).
"""

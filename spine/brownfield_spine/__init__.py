"""The spine as the data plane sees it: one connection, one writer per subject, readers from a recorded position.

Everything between a source and a twin travels through NATS JetStream, and everything Brownfield promises
about delivery (once, in order, nothing that was read is lost; loss is counted) is kept in this package. It starts
the embedded broker too, and holds what all processes share: how they run, log, serve metrics and tell of themselves.
"""

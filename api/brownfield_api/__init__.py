"""The contract between Brownfield's rooms.

Everything that crosses a boundary (a resource a user writes, the configuration of a process,
a batch on the spine, a health record, a view served to the page) is defined here once, and
nowhere else. This package does no I/O and imports nothing of ours.
"""

"""From what is known of a resource to the status it shows: pure functions, no clock and no API of their own.

Facts become conditions (accepted, resolved, available, plant) and a summary; both make a status. `deciding` says
whether the live status differs enough to be written, `transitions` which Kubernetes Events that deserves.
"""

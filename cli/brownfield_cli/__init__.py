"""The `brownfield` command: the one place that knows all rooms and puts them together on one machine."""

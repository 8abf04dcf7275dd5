"""Grafana dashboards, made from Python: `python -m hack.dashboards` writes `dashboards/*.json` and the chart's copies.

A board is a function that returns a `Board`: rows of panels, each with a title, one sentence and a unit. Panels name
only metrics of docs/metrics.md and recorded series of `brownfield_slo.rules`; tests compare them.
"""

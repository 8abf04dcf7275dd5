"""The twin: state, freshness, behaviours, history, API and page over the assets of one TwinModel.

`python -m brownfield_twin CONFIG.json` is one twin. It reads what pipelines publish, never a legacy system,
and is the only stage that looks at a wall clock: freshness is a matter of now.
"""

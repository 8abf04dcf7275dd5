"""Recording rules and alerts for Prometheus: a set for each window, and one for all. They never name a resource."""

from brownfield_slo.rules.document import DEFAULT_RUNBOOKS, FILE_NAME, config_map, prometheus_rule, rule_file
from brownfield_slo.rules.group import Alert, Group, Recording
from brownfield_slo.rules.rule_set import rule_groups

__all__ = [
    "DEFAULT_RUNBOOKS",
    "FILE_NAME",
    "Alert",
    "Group",
    "Recording",
    "config_map",
    "prometheus_rule",
    "rule_file",
    "rule_groups",
]

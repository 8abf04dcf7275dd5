"""The planner: resources in, cross-validated plan out, one configuration for each process. Pure."""

from brownfield_planner.findings import Finding, Place, Severity
from brownfield_planner.firewall import FirewallRow, firewall_rows
from brownfield_planner.host import HostOptions
from brownfield_planner.manifests import Manifest, read_manifest
from brownfield_planner.plan import plan
from brownfield_planner.processes import LeftOut, Link, Plan, PlannedProcess, PlannedSecret
from brownfield_planner.resource_set import Resources, load_resources

__all__ = [
    "Finding",
    "FirewallRow",
    "HostOptions",
    "LeftOut",
    "Link",
    "Manifest",
    "Place",
    "Plan",
    "PlannedProcess",
    "PlannedSecret",
    "Resources",
    "Severity",
    "firewall_rows",
    "load_resources",
    "plan",
    "read_manifest",
]

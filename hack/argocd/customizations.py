"""From the health checks in the chart to the ConfigMap that tells Argo CD of them.

The Lua files are the only source: `python -m hack.argocd customizations` writes the example, a test compares it.
"""

import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEALTH_CHECKS = ROOT / "charts" / "brownfield" / "argocd" / "health"
"""A folder for each kind, as Argo CD has them below resource_customizations/brownfield.dev."""
EXAMPLE = ROOT / "examples" / "argocd" / "argocd-cm.yaml"

GROUP = "brownfield.dev"

_HEADER = """\
# Health checks of Brownfield's kinds for Argo CD: merge these keys into its ConfigMap argocd-cm (docs/gitops.md).
# Made by `python -m hack.argocd customizations` from charts/brownfield/argocd/health. Do not edit.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
  labels:  # Argo CD reads only what bears it
    app.kubernetes.io/part-of: argocd
data:
"""


def customizations(health_checks: Path = HEALTH_CHECKS) -> dict[str, str]:
    """Key of argocd-cm to Lua source, one for each kind below the folder."""
    scripts = sorted(health_checks.glob("*/health.lua"))
    return {
        f"resource.customizations.health.{GROUP}_{path.parent.name}": path.read_text(encoding="utf-8")
        for path in scripts
    }


def config_map(keys: dict[str, str]) -> str:
    """The ConfigMap as YAML; Lua in block style, because people read it."""
    return _HEADER + "".join(f"  {key}: |\n{textwrap.indent(text, '    ')}" for key, text in keys.items())

"""Dashboards arrive in the cluster as their files are, where Grafana's sidecar finds them, and only if asked for."""

import base64
import gzip

from tests.chart.conftest import CHART, Helm, Render
from tests.chart.finding import of_kind

FILES = {path.name: path.read_text(encoding="utf-8") for path in (CHART.parents[1] / "dashboards").iterdir()}
"""What `python -m hack.dashboards` wrote; the chart's own copies are compared with it by tests/dashboards."""


def test_there_are_none_unless_somebody_wants_them(render: Render) -> None:
    assert [name for name in of_kind(render(), "ConfigMap") if "dashboard" in name] == []


def test_each_is_a_config_map_with_the_file_as_it_is(render: Render) -> None:
    given = {"dashboards": {"enabled": True}}
    found = {name: item for name, item in of_kind(render(given), "ConfigMap").items() if "dashboard" in name}
    assert found.keys() == {f"brownfield-dashboard-{name}" for name in ("fleet", "source", "twin", "operator", "spine")}
    assert {name: text for item in found.values() for name, text in item["data"].items()} == FILES
    for item in found.values():
        assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert item["metadata"]["namespace"] == "brownfield-system"
        assert "annotations" not in item["metadata"]


def test_the_sidecars_label_namespace_and_folder_can_be_others(render: Render) -> None:
    given = {
        "enabled": True,
        "label": "example.com/dashboard",
        "labelValue": "yes",
        "namespace": "monitoring",
        "annotations": {"grafana_folder": "Plant"},
    }
    found = [item for name, item in of_kind(render({"dashboards": given}), "ConfigMap").items() if "dashboard" in name]
    assert len(found) == len(FILES)
    for item in found:
        metadata = item["metadata"]
        assert metadata["labels"]["example.com/dashboard"] == "yes"
        assert "grafana_dashboard" not in metadata["labels"]
        assert (metadata["namespace"], metadata["annotations"]) == ("monitoring", {"grafana_folder": "Plant"})


def test_a_release_fits_into_its_secret(helm: Helm) -> None:
    """Helm keeps the chart's files (base64) and what they became, compressed, in a Secret of at most 1 MiB."""
    done = helm("template", "brownfield", str(CHART), values={"dashboards": {"enabled": True}})
    assert done.returncode == 0, done.stderr
    files = (base64.b64encode(path.read_bytes()) for path in sorted(CHART.rglob("*")) if path.is_file())
    release = base64.b64encode(gzip.compress(b"".join((*files, done.stdout.encode()))))
    assert len(release) < 512 * 1024

"""The operator's settings: what the chart writes is read, what is misspelt is said."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.operator.cluster_objects import SETTINGS

from brownfield_api.errors import BrownfieldError
from brownfield_operator.settings import read_settings


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump({**SETTINGS, **changes}), encoding="utf-8")
    return path


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path))
    assert (settings.watch_namespaces, settings.leader_election, settings.resync_seconds) == ((), True, 600.0)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"resyncSecond": 5}, "resyncSecond"),
        ({"resyncSeconds": 0}, "resyncSeconds"),
        ({"site": "no site"}, "site"),
        ({"rules": {"interval": "3m"}}, "rules.interval"),
        ({"rules": {"interval": "1500ms"}}, "rules.interval"),
        ({"rules": {"interval": 30}}, "rules.interval"),
        ({"rules": {"label": {}}}, "rules.label"),
        ({"adapter": {}}, "adapter.image"),
        ({"spine": {"servers": []}}, "spine.servers"),
        ({"spine": {"servers": ["nats://a"]}}, "cidrs"),
        ({"spine": {"servers": ["nats://a"], "namespace": "b"}}, "labels"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, changes: dict[str, Any], names: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(BrownfieldError, match=names) as error:
        read_settings(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", ["[unfinished", "", "text"])
def test_what_is_no_settings_at_all_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BrownfieldError):
        read_settings(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match="cannot be read"):
        read_settings(tmp_path / "missing.yaml")

"""Git and Argo CD own `spec`, the operator owns `status`: neither makes the other act."""

import time
from dataclasses import replace

import pytest
from hack.cluster.audit import size
from hack.cluster.control_plane import ControlPlane
from tests.gitops.farm import SOURCES, Farm, written_by_argo_cd
from tests.operator.status.known import source, source_health

from brownfield_api.health import LinkState

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]


def test_statuses_that_change_leave_the_application_synced_and_argo_cd_idle(
    farm: Farm, control_plane: ControlPlane
) -> None:
    farm.run_all()
    since = size(control_plane.audit_log)
    seen = set()
    until = time.monotonic() + 15.0
    while time.monotonic() < until:
        for name in SOURCES:
            for link in (LinkState.BACKOFF, LinkState.CONNECTED):
                farm.report(replace(source(source_health(name=name, state=link)), name=name))
        farm.argocd.refresh(farm.name)
        state = farm.argocd.state(farm.name)
        seen.add((state.sync, state.health, state.operation))
    assert seen == {("Synced", "Healthy", "Succeeded")}
    assert written_by_argo_cd(control_plane, farm, since) == []

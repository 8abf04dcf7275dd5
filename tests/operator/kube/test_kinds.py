import pytest

from brownfield_operator.kube.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (Kind.CONFIG_MAP.path("plant"), "/api/v1/namespaces/plant/configmaps"),
        (Kind.CONFIG_MAP.path(), "/api/v1/configmaps"),
        (Kind.STATEFUL_SET.path("plant", "twin-x"), "/apis/apps/v1/namespaces/plant/statefulsets/twin-x"),
        (
            Kind.LEGACY_SOURCE.path("plant", "r1", "status"),
            "/apis/brownfield.dev/v1alpha1/namespaces/plant/legacysources/r1/status",
        ),
    ],
)
def test_a_path_is_the_one_of_the_api_conventions(path: str, expected: str) -> None:
    assert path == expected


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    assert Kind.POD.path("plant", "../../secrets/x") == "/api/v1/namespaces/plant/pods/..%2F..%2Fsecrets%2Fx"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_known_by_its_manifest(kind: Kind) -> None:
    assert kind_of({"apiVersion": kind.api_version, "kind": str(kind)}) is kind


def test_a_kind_outside_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="batch/v1 Job is no kind"):
        kind_of({"apiVersion": "batch/v1", "kind": "Job"})


def test_a_version_outside_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="apps/v1beta1 StatefulSet is no kind"):
        kind_of({"apiVersion": "apps/v1beta1", "kind": "StatefulSet"})

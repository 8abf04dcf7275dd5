"""Names of children: short enough for Kubernetes, distinct for each process, the same after every restart."""

from hypothesis import given
from hypothesis import strategies as st
from tests.operator.manifests import processes

from brownfield_operator import names

KINDS = ("adapter", "pipeline", "twin")
keys = st.tuples(st.sampled_from(KINDS), st.just("farm"), st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?\Z"))


@given(keys)
def test_a_name_is_a_dns_label_that_leaves_room_for_its_pods_hash(key: tuple[str, str, str]) -> None:
    name = names.process_object(key)
    assert len(name) <= names.LONGEST
    assert name[0].isalpha()
    assert name[-1].isalnum()
    assert names.process_object(key) == name


@given(st.sets(keys, max_size=30))
def test_no_two_processes_share_a_name(several: set[tuple[str, str, str]]) -> None:
    assert len({names.process_object(key) for key in several}) == len(several)


def test_long_names_that_begin_alike_differ() -> None:
    stem = "x" * 60
    assert names.process_object(("twin", "farm", f"{stem}a")) != names.process_object(("twin", "farm", f"{stem}b"))


def test_labels_select_all_children_and_the_selector_only_those_of_a_process() -> None:
    process = processes.adapter()
    assert names.labels(process)[names.MANAGED_BY] == names.OPERATOR
    assert names.selector(process).items() <= names.labels(process).items()


def test_endpoints_in_annotations_are_sorted_and_once_each() -> None:
    process = processes.adapter()
    hashes = names.annotations(process)[names.ENDPOINTS].split(",")
    assert hashes == sorted({names.endpoint_hash(key) for key in process.endpoints})
    assert names.ENDPOINTS not in names.annotations(processes.pipeline())

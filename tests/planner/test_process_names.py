"""A process is named by its own identity, and no two identities share a name."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_planner.process_names import LONGEST_NAME, adapter_name

hosts = st.text("ab1.-", min_size=1, max_size=12)
ports = st.sampled_from([502, 4840, 1])
keys = st.one_of(
    st.builds("tcp://{}:{}".format, hosts, ports),
    st.builds("opc.tcp://{}:{}{}".format, hosts, ports, st.sampled_from(["", "/", "/a", "/a/1", "/a-1"])),
    st.builds("volume:ns/{}".format, hosts),
)
identities = st.one_of(st.tuples(keys, st.just("")), st.tuples(st.just("tcp://a:1"), st.text("aB1-_", min_size=1)))


def test_common_endpoints_keep_readable_names() -> None:
    assert adapter_name("tcp://r80711.plant:502", [""]) == "r80711-plant-502"
    assert adapter_name("opc.tcp://r80736.plant:4840/plant", [""]) == "r80736-plant-4840-plant"
    assert adapter_name("opc.tcp://server:4840", [""]) == "server-4840"
    assert adapter_name("volume:default/meter-export", [""]) == "volume-meter-export"
    assert adapter_name("tcp://one:502", ["", "hall"]) == "group-hall"


@given(identities, identities)
def test_two_identities_never_share_a_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    if one != other:
        assert adapter_name(one[0], [one[1]]) != adapter_name(other[0], [other[1]])


@given(identities)
def test_names_are_short_and_fit_kubernetes(identity: tuple[str, str]) -> None:
    name = adapter_name(identity[0], [identity[1]])
    assert len(name) <= LONGEST_NAME
    assert name.strip("-") == name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")

"""What Kubernetes is told of a configuration is what the configuration itself says, of whatever version it is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operator.adapter_configs import adapter_config, endpoint, source

from brownfield_api.adapter_config import BufferConfig, CredentialsConfig, FilesEndpoint
from brownfield_api.process import render_config
from brownfield_operator import paths
from brownfield_operator.config_facts import read_facts


def test_endpoints_secrets_and_buffers_of_an_adapter() -> None:
    login = CredentialsConfig(directory=f"{paths.SECRETS_DIR}/farm/scada.login")
    config = adapter_config(
        endpoint("tcp://a:502", source("a", buffer=BufferConfig(size=100)), source("b", buffer=BufferConfig(size=20))),
        endpoint("tcp://c:502", source("c", buffer=BufferConfig(size=3)), credentials=login),
        endpoint("tcp://d:502", source("d", buffer=BufferConfig(size=0)), credentials=login),
    )
    facts = read_facts(render_config(config))
    assert facts.endpoints == ("tcp://a:502", "tcp://c:502", "tcp://d:502")
    assert facts.secrets == ("scada.login",)
    assert facts.buffers == 123
    assert facts.read == facts.written == frozenset()


def test_a_folder_of_files_is_a_volume_that_is_read() -> None:
    folder = FilesEndpoint(directory=paths.volume("meter-export"))
    facts = read_facts(render_config(adapter_config(endpoint("volume:farm/meter-export", source("m"), at=folder))))
    assert (set(facts.read), set(facts.written)) == ({"meter-export"}, set())


def test_sinks_are_written_and_history_is_read() -> None:
    text = {
        "kind": "pipeline",
        "sinks": [{"kind": "parquet", "directory": "/volumes/history", "roll": 60}],
        "history": {"parquet": ["/volumes/old", "/elsewhere"]},
    }
    facts = read_facts(msgspec.json.encode(text))
    assert (set(facts.read), set(facts.written)) == ({"old"}, {"history"})


@given(st.dictionaries(st.text(min_size=10, max_size=12), st.none() | st.integers() | st.lists(st.text(max_size=5))))
def test_fields_of_other_versions_are_none_of_its_business(extra: dict[str, object]) -> None:
    known = msgspec.json.decode(render_config(adapter_config(endpoint("tcp://a:502", source("a")))))
    assert read_facts(msgspec.json.encode({**extra, **known})) == read_facts(msgspec.json.encode(known))


def test_what_is_no_configuration_is_an_error() -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_facts(b"")

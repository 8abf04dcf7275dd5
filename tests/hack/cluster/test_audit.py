from datetime import UTC, datetime
from pathlib import Path

import yaml
from hack.cluster.audit import POLICY, Write, size, writes

DATA = Path(__file__).parent / "data"


def test_a_line_tells_who_did_what_to_which_object_and_how_it_ended() -> None:
    assert list(writes(DATA / "audit.log"))[1] == Write(
        time=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
        user="system:serviceaccount:kube-system:deployment-controller",
        agent="kube-controller-manager",
        verb="update",
        group="apps",
        resource="deployments",
        subresource="status",
        namespace="plant",
        name="gate",
        code=409,
    )


def test_reviews_are_told_from_what_is_stored() -> None:
    assert [write.is_review for write in writes(DATA / "audit.log")] == [False, False, True, False]


def test_counting_starts_where_the_log_ended(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    lines = (DATA / "audit.log").read_bytes().splitlines(keepends=True)
    assert size(log) == 0
    log.write_bytes(b"".join(lines[:3]))
    since = size(log)
    assert list(writes(log, since)) == []
    with log.open("ab") as more:
        more.write(lines[3])

    assert [write.user for write in writes(log, since)] == ["admin"]


def test_a_line_still_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    content = (DATA / "audit.log").read_bytes()
    log.write_bytes(content[:-20])

    assert len(list(writes(log))) == 3


def test_a_log_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert list(writes(tmp_path / "audit.log")) == []


def test_the_policy_logs_each_write_once_and_no_read() -> None:
    policy = yaml.safe_load(POLICY)

    assert policy["rules"] == [
        {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
        {"level": "None"},
    ]
    assert policy["omitStages"] == ["RequestReceived", "ResponseStarted"]

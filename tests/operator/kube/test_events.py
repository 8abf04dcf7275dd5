from datetime import UTC, datetime, timedelta, timezone

from brownfield_operator.kube.events import event

SOURCE = {
    "apiVersion": "brownfield.dev/v1alpha1",
    "kind": "LegacySource",
    "metadata": {"namespace": "plant", "name": "r80711", "uid": "11-22", "resourceVersion": "5"},
}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made(message: str = "The tags fit", at: datetime = NOON) -> dict[str, object]:
    return event(SOURCE, severity="Normal", reason="Accepted", message=message, at=at, instance="operator-0")


def test_the_same_event_twice_is_one_object() -> None:
    assert made() == made(at=NOON.astimezone(timezone(timedelta(hours=5))))


def test_another_message_or_time_is_another_object() -> None:
    names = {str(each["metadata"]) for each in (made(), made("Else"), made(at=NOON + timedelta(seconds=1)))}
    assert len(names) == 3


def test_a_long_message_is_cut_where_the_api_would_refuse_it() -> None:
    message = made("x" * 5000)["message"]
    assert isinstance(message, str)
    assert len(message) == 1024
    assert message.endswith("…")

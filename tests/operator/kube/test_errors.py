import json

import pytest

from brownfield_operator.kube.errors import (
    Cause,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    KubeError,
    NamespaceEnding,
    NotFound,
    Retryable,
    ServerError,
    TooManyRequests,
    Unauthorized,
    refusal,
)

WHERE = "PATCH /api/v1/namespaces/plant/configmaps/x"


def status(code: int, **more: object) -> bytes:
    return json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, **more}).encode()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (410, Gone),
        (413, Invalid),
        (422, Invalid),
        (429, TooManyRequests),
        (500, ServerError),
        (503, ServerError),
        (504, ServerError),
    ],
)
def test_every_code_has_its_error(code: int, error: type[KubeError]) -> None:
    refused = refusal(code, status(code, message="no", reason="Because"), WHERE)
    assert type(refused) is error
    assert (refused.code, refused.reason, refused.what, refused.where) == (code, "Because", "no", WHERE)
    assert refused.do


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    retryable = {code for code in range(400, 600) if isinstance(refusal(code, b"", WHERE), Retryable)}
    assert retryable == {429, *range(500, 600)}


def test_an_invalid_object_names_its_fields() -> None:
    causes = [{"reason": "FieldValueInvalid", "message": "must be positive", "field": "spec.interval"}]
    refused = refusal(422, status(422, message="invalid", details={"causes": causes}), WHERE)
    assert isinstance(refused, Invalid)
    assert refused.causes == (Cause("spec.interval", "must be positive"),)


def test_an_immutable_uid_means_that_another_object_has_the_name() -> None:
    causes = [{"message": "field is immutable", "field": "metadata.uid"}]
    assert isinstance(refusal(422, status(422, message="invalid", details={"causes": causes}), WHERE), Conflict)


def test_a_misshapen_apply_is_invalid_although_the_server_calls_it_its_own_error() -> None:
    message = "failed to create typed patch object (plant/x; /v1, Kind=ConfigMap): .dta: field not declared in schema"
    assert isinstance(refusal(500, status(500, message=message), WHERE), Invalid)


@pytest.mark.parametrize(
    ("header", "details", "expected"),
    [("7", {}, 7.0), ("", {"retryAfterSeconds": 3}, 3.0), ("7", {"retryAfterSeconds": 3}, 7.0), ("soon", {}, 0.0)],
)
def test_the_server_says_how_long_to_wait(header: str, details: dict[str, int], expected: float) -> None:
    refused = refusal(429, status(429, details=details), WHERE, header)
    assert isinstance(refused, Retryable)
    assert refused.retry_after == expected


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"", b"\xff\xfe", b"[1]", b'{"kind": "Pod"}'])
def test_an_answer_that_is_no_status_is_still_an_error_in_words(body: bytes) -> None:
    refused = refusal(502, body, WHERE)
    assert isinstance(refused, ServerError)
    assert refused.what


def test_a_namespace_that_is_being_deleted_is_no_missing_right() -> None:
    """Kubernetes 1.34's own words."""
    cause = {
        "reason": "NamespaceTerminating",
        "message": "namespace farm is being terminated",
        "field": "metadata.namespace",
    }
    message = (
        'configmaps "x" is forbidden: unable to create new content in namespace farm because it is being terminated'
    )
    refused = refusal(
        403, status(403, message=message, reason="Forbidden", details={"name": "x", "causes": [cause]}), WHERE
    )
    assert type(refused) is NamespaceEnding
    assert "role" not in str(refused)

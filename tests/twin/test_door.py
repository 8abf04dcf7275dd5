"""What a twin refuses, and how: unknown things, other methods, other hosts, files outside its page."""

from typing import Any

import pytest

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/assets/T9", 404, "no asset 'T9'"),
        ("/api/v1/assets/T9/lineage", 404, "no asset 'T9'"),
        ("/api/v1/assets/T1/history?property=nope", 404, "no property 'nope'"),
        ("/api/v1/assets/T1/history", 422, "property"),
        ("/api/v1/assets/T1/history?property=serial", 422, "is text"),
        ("/api/v1/assets/T1/history?property=power&from=20&to=10", 422, "must not be later"),
        ("/api/v1/assets/T1/history?property=power&from=nan&to=10", 422, "from"),
        ("/api/v1/assets/T1/history?property=power&from=0&to=100000000", 422, "at most"),
        ("/api/v1/assets/T1/history?property=power&points=3", 422, "points"),
        ("/api/v1/assets/T1/history?property=power&points=99999999", 422, "points"),
        ("/api/v1/nope", 404, "Not Found"),
    ],
)
async def test_questions_without_an_answer_say_why(idle_twin: Any, path: str, status: int, words: str) -> None:
    answer = await idle_twin.get(path)
    assert answer.status == status
    assert words in answer.body.decode()


async def test_the_description_is_served_and_nothing_loads_from_elsewhere(idle_twin: Any) -> None:
    description = await idle_twin.json("/openapi.json")
    schemas, paths = description["components"]["schemas"], description["paths"]
    answer = paths["/api/v1/twin"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/TwinView"}
    assert set(paths) == {
        "/api/v1/twin",
        "/api/v1/assets",
        "/api/v1/assets/{asset}",
        "/api/v1/assets/{asset}/history",
        "/api/v1/assets/{asset}/lineage",
        "/api/v1/sources",
    }
    assert set(schemas["TwinView"]["properties"]) == set(await idle_twin.json("/api/v1/twin"))
    for path in ("/docs", "/redoc"):
        assert (await idle_twin.get(path)).status == 404


async def test_every_answer_carries_the_security_headers(idle_twin: Any) -> None:
    for path in ("/", "/api/v1/twin", "/nope", "/api/v1/assets/T9"):
        headers = (await idle_twin.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'self';"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


async def test_methods_other_than_get_and_head_do_not_exist(idle_twin: Any) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = await idle_twin.get("/api/v1/twin", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD"), method
    head = await idle_twin.get("/api/v1/twin", method="HEAD")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "10.0.0.1"])
async def test_a_host_that_is_not_this_machine_is_refused(idle_twin: Any, host: str) -> None:
    assert (await idle_twin.get("/api/v1/twin", headers={"Host": host})).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]", "[::1]:99"])
async def test_loopback_names_are_answered(idle_twin: Any, host: str) -> None:
    assert (await idle_twin.get("/api/v1/twin", headers={"Host": host})).status == 200


async def test_the_page_is_served_with_types_and_etags(idle_twin: Any) -> None:
    page = await idle_twin.get("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    again = await idle_twin.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await idle_twin.get("/page/index.html")).body == page.body
    script = await idle_twin.get("/js/main.js")
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/../api.py", "/page/../api.py", "/%2e%2e/api.py", "/page/..%2fapi.py", "/page/%5c..%5capi.py", "//etc/passwd"],
)
async def test_nothing_outside_the_page_folder_is_served(idle_twin: Any, path: str) -> None:
    answer = await idle_twin.get(path)
    assert answer.status == 404
    assert b"import" not in answer.body

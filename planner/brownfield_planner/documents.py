"""One document of a YAML file: plain data plus the line each field stands on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brownfield_planner.findings import Place

_LAST_STEP = re.compile(r"(\.[^.\[\]]+|\[[^\]]*\])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`content` as JSON knows it; `lines` by field path; `blocks`: first content line of literal block texts."""

    file: str
    line: int
    content: Mapping[str, Any] = field(repr=False)
    lines: Mapping[str, int] = field(repr=False)
    blocks: Mapping[str, int] = field(repr=False)

    @property
    def kind(self) -> str:
        return _text(self.content.get("kind"))

    @property
    def api_version(self) -> str:
        return _text(self.content.get("apiVersion"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        metadata = self.content.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        return _text(self.metadata.get("name"))

    def namespace(self, default: str) -> str:
        return _text(self.metadata.get("namespace")) or default

    @property
    def resource(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind

    def place(self, path: str = "", namespace: str = "") -> Place:
        """Where `path` stands; a field that is not there is as near as its nearest parent."""
        return Place(
            file=self.file,
            line=self.line_of(path),
            resource=self.resource,
            field=path,
            namespace=namespace,
            line_of=self.line_of,
        )

    def line_of(self, path: str) -> int:
        while path:
            if path in self.lines:
                return self.lines[path]
            shorter = _LAST_STEP.sub("", path)
            path = shorter if shorter != path else ""
        return self.line

    def line_in_block(self, path: str, row: int) -> int:
        """Line of the `row`-th line (first = 1) of a text; the text's own line when it is not a literal block."""
        first = self.blocks.get(path)
        return first + row - 1 if first is not None else self.line_of(path)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def join(path: str, step: str | int) -> str:
    """`spec.tags` and 3 -> `spec.tags[3]`; a key that holds dots goes in brackets, too."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not path:
        return step
    return f"{path}[{step}]" if "." in step or "/" in step else f"{path}.{step}"

"""YAML text to documents with line numbers, as careful with hostile files as the API server is.

Scalars follow what `kubectl` makes of them: JSON types only (a date stays text), duplicate keys are
refused, aliases and nesting are bounded so that a small file cannot unfold into a large one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from brownfield_api.errors import InvalidResource
from brownfield_api.resources import Reason
from brownfield_planner.documents import Document, join
from brownfield_planner.findings import Finding, Findings, Place

MAX_TEXT = 16 * 1024 * 1024
"""Characters of one file."""

MAX_NODES = 1_000_000
"""Values of one file after its aliases are unfolded."""

MAX_DEPTH = 64
"""Levels of nesting; our resources need ten."""

_LARGEST_INT = 2**63 - 1
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = yaml.constructor.SafeConstructor()
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one file holds, and what is wrong with it as YAML."""

    documents: tuple[Document, ...]
    findings: tuple[Finding, ...] = ()


def read_manifest(name: str, text: str) -> Manifest:
    """All documents of a file, the members of a `List` one by one; never raises for what is in the text."""
    findings = Findings()
    documents: list[Document] = []
    if len(text) > MAX_TEXT:
        findings.error(Place(file=name), Reason.INVALID_YAML, f"the file is longer than {MAX_TEXT} characters")
        return Manifest((), findings.ordered())
    reader = _Reader(name, findings)
    try:
        for root in yaml.compose_all(text, Loader=_LOADER):
            if root is not None:
                documents.extend(reader.documents(root))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        findings.error(Place(file=name, line=line), Reason.INVALID_YAML, f"not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        findings.error(Place(file=name), Reason.INVALID_YAML, f"not YAML: {error}")
    except RecursionError:
        findings.error(Place(file=name), Reason.INVALID_YAML, f"nested deeper than {MAX_DEPTH} levels")
    except InvalidResource as error:
        line = int(error.where or 0)
        findings.error(Place(file=name, line=line), Reason.INVALID_YAML, error.what, error.do)
    return Manifest(tuple(documents), findings.ordered())


class _Reader:
    """Walks the nodes of one file; counts what it unfolds."""

    def __init__(self, file: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._nodes = 0
        self._lines: dict[str, int] = {}
        self._blocks: dict[str, int] = {}

    def documents(self, root: yaml.Node) -> Iterator[Document]:
        items = _list_items(root)
        for node in [root] if items is None else items:
            self._lines, self._blocks = {}, {}
            content = self._value(node, "", 0)
            line = node.start_mark.line + 1
            if isinstance(content, dict):
                yield Document(file=self._file, line=line, content=content, lines=self._lines, blocks=self._blocks)
            elif content is not None:
                self._error(line, "a document must be a mapping with apiVersion, kind and metadata")

    def _value(self, node: yaml.Node, path: str, depth: int) -> Any:
        line = node.start_mark.line + 1
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InvalidResource("unfolds to too many values (aliases of aliases?)", str(line))
        if depth > MAX_DEPTH:
            raise InvalidResource(f"nested deeper than {MAX_DEPTH} levels", str(line))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                inner = join(path, index)
                self._lines[inner] = item.start_mark.line + 1
                items.append(self._value(item, inner, depth + 1))
            return items
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == f"{_TAG}merge":
                merged = {**self._merged(value_node, path, depth), **merged}
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._error(line, "a key must be text")
                continue
            key = key_node.value
            inner = join(path, key)
            if key in own:
                self._error(line, f"{inner} is given twice")
                continue
            self._lines[inner] = line
            own[key] = self._value(value_node, inner, depth + 1)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: str, depth: int) -> dict[str, Any]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        result: dict[str, Any] = {}
        for source in sources:
            value = self._value(source, path, depth + 1)
            if isinstance(value, dict):
                result = {**value, **result}
            else:
                self._error(source.start_mark.line + 1, "<< merges mappings only")
        return result

    def _scalar(self, node: yaml.Node, path: str) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.style == "|":
            self._blocks[path] = node.start_mark.line + 2
        return _scalar(node)

    def _error(self, line: int, message: str) -> None:
        self._findings.error(Place(file=self._file, line=line), Reason.INVALID_YAML, message)


def _scalar(node: yaml.Node) -> Any:
    """The JSON value of a scalar; what JSON lacks (dates, sexagesimal numbers, .nan, .inf) stays the text it is."""
    text = node.value
    kind = node.tag.removeprefix(_TAG)
    if kind == "null":
        return None
    if kind not in {"bool", "int", "float"} or ":" in text:
        return text
    try:
        value = _SCALARS.construct_object(yaml.ScalarNode(node.tag, text))
    except (yaml.YAMLError, ValueError, KeyError):
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text  # JSON would carry null, which reads as not given.
    return text if isinstance(value, int) and abs(value) > _LARGEST_INT else value


def _list_items(root: yaml.Node) -> list[yaml.Node] | None:
    """The members of a `kind: List` document, None for any other."""
    if not isinstance(root, yaml.MappingNode):
        return None
    fields = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
    kind, items = fields.get("kind"), fields.get("items")
    if kind is None or kind.value != "List" or not isinstance(items, yaml.SequenceNode):
        return None
    return list(items.value)

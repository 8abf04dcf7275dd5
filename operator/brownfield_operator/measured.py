"""Whose service levels are kept: every source and twin of this site, read once per change."""

from dataclasses import dataclass, field, replace

from brownfield_api.resources import LegacySource, TwinModel
from brownfield_operator.last_good import Ident
from brownfield_operator.store import Entry, Store
from brownfield_planner.sources import DEFAULT_INTERVAL
from brownfield_slo.indicators import Measured, Subject, measured_source, measured_twin

SUBJECT_KINDS = {LegacySource.KIND: "source", TwinModel.KIND: "twin"}
"""How the ledger calls the kinds it measures."""

_KINDS = {kind: resource for resource, kind in SUBJECT_KINDS.items()}


def resource_of(subject: Subject) -> Ident:
    """The resource that the ledger calls so."""
    return _KINDS[subject.kind], subject.namespace, subject.name


@dataclass(slots=True)
class MeasuredResources:
    """A resource that cannot be read now is measured as it was read last."""

    store: Store
    site: str
    _known: dict[Ident, tuple[str, Measured | None]] = field(default_factory=dict)

    def __call__(self) -> list[Measured]:
        """All of them."""
        known: dict[Ident, tuple[str, Measured | None]] = {}
        for ident, entry in self.store.of_our_kinds():
            version = f"{entry.uid}/{entry.version}"
            before = self._known.get(ident)
            if before is not None and (before[0] == version or entry.read.item is None):
                known[ident] = before
            else:
                known[ident] = (version, self._read(ident[1], entry))
        self._known = known
        return [measured for _, measured in known.values() if measured is not None]

    def exists(self, subject: Subject) -> bool:
        """Whether there is such a resource here, right or wrong: what was counted of it is kept until it is deleted."""
        entry = self.store.entries.get(resource_of(subject))
        model = entry.read.item.model if entry and entry.read.item else None
        elsewhere = isinstance(model, LegacySource | TwinModel) and model.spec.site not in {None, self.site}
        return entry is not None and not elsewhere

    def _read(self, namespace: str, entry: Entry) -> Measured | None:
        model = entry.read.item.model if entry.read.item else None
        if isinstance(model, LegacySource) and model.spec.site in {None, self.site}:
            return replace(measured_source(namespace, model, DEFAULT_INTERVAL), uid=entry.uid)
        if isinstance(model, TwinModel) and model.spec.site in {None, self.site}:
            return replace(measured_twin(namespace, model), uid=entry.uid)
        return None

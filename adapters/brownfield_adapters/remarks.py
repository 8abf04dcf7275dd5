"""What a person should know about a source, gathered by matter: a session holds one message, a driver has several."""

from brownfield_adapters.driver import Session


class Remarks:
    """The remarks on one source. The matters are told together, and only when one of them changes."""

    def __init__(self, session: Session, source: str) -> None:
        self._session = session
        self._source = source
        self._texts: dict[str, str] = {}

    def note(self, matter: str, text: str) -> None:
        """`text` about a matter; "" = nothing any more."""
        if self._texts.get(matter, "") != text:
            self._texts[matter] = text
            self._session.note(self._source, "; ".join(each for each in self._texts.values() if each))

"""The figures that tests measure: printed when they are, and once more together at the end of the run."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Figures:
    """In the order in which they were said."""

    lines: list[str] = field(default_factory=list)

    def say(self, what: str, value: float, unit: str = "s") -> None:
        self.note(f"{what}: {value:.1f} {unit}")

    def note(self, line: str) -> None:
        self.lines.append(line)
        print(line)  # noqa: T201 - figures are what these tests are for

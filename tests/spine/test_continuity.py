"""The decision whether a writer may go on: a model of writer, journal and subject is put through everything."""

from dataclasses import dataclass, field, replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from brownfield_spine.continuity import Continuity, Moved, Opening, Place, begin, move, proven


@dataclass(frozen=True)
class Batch:
    """`content`: numbered in the order of reading, 0 = another writer's."""

    place: Place
    content: int
    first: bool = False
    gap: bool = False


@dataclass
class Plant:
    """What is on disk and on the subject, and the writer that lives right now, in the moves `SubjectWriter` makes."""

    subject: list[Batch] = field(default_factory=list)
    journal: list[Batch] = field(default_factory=list)
    saved: Continuity = field(default_factory=Continuity)
    given_up: set[int] = field(default_factory=set)
    read: int = 0
    now: int = 1000

    def __post_init__(self) -> None:
        self.kill()

    def kill(self) -> None:
        self.opening: Opening = begin(self.journal[-1].place if self.journal else None, self.saved, now=self.now)
        self.continuity = self.opening.continuity
        self.last = self.opening.last
        self.asked = self.gap = self.has_samples = False

    def append(self) -> None:
        if not self.asked:
            self.saved = self.continuity
        self.read += 1
        self.last = (self.last[0], self.last[1] + 1)
        self.journal.append(Batch(self.last, self.read, not self.asked and not self.has_samples, self.gap))
        self.gap, self.has_samples = False, True

    def ask(self) -> None:
        if self.asked:
            return
        held = self.subject[-1].place if self.subject else None
        if held is None or proven(self.opening, held):
            self.continuity = Continuity(moved=self.continuity.moved)
        else:
            self.set_aside(held)
            self.continuity, self.last = move(self.opening, newest=self.last, held=held, now=self.now)
            self.gap = not self.has_samples
        self.saved = self.continuity
        self.asked = True

    def set_aside(self, held: Place) -> None:
        base = self.opening.base
        stored = {batch.content for batch in self.subject}
        gone = {batch.content for batch in self.journal if batch.place <= base} - stored
        taken_over = held[0] > self.continuity.published(base)[0]
        assert taken_over or not gone, "what a journal lost at its end cannot make the rest unsent"
        self.given_up |= gone
        self.journal = [batch for batch in self.journal if batch.place > base]

    def publish(self) -> None:
        self.ask()
        held = self.subject[-1].place if self.subject else (0, 0)
        behind = self.continuity.journaled(held)
        unsent = [batch for batch in self.journal if batch.place > behind]
        if unsent:
            place = self.continuity.published(unsent[0].place)
            moved = place != unsent[0].place
            self.subject.append(replace(unsent[0], place=place, gap=unsent[0].gap or (moved and unsent[0].first)))

    def lose_end(self) -> None:
        """A power cut: the newest batch of the journal is gone."""
        stored = {batch.content for batch in self.subject}
        self.given_up |= {batch.content for batch in self.journal[-1:]} - stored
        del self.journal[-1:]
        self.kill()

    def lose_all(self) -> None:
        while self.journal:
            self.lose_end()
        self.saved = Continuity()
        self.kill()

    def taken_over(self) -> None:
        """Another writer, its clock not behind ours, writes the subject; ours is fenced and started again later."""
        epoch = max([self.now, self.last[0] + 1, *(batch.place[0] + 1 for batch in self.subject)])
        self.subject.append(Batch((epoch, 1), 0))
        self.kill()

    def set_clock_back(self) -> None:
        self.now -= 500


_MOVES = st.sampled_from(
    ["append", "append", "append", "ask", "publish", "publish", "kill", "kill", "lose_end", "lose_all", "taken_over",
     "set_clock_back"]
)  # fmt: skip


_LOSS = ["append", "publish", "lose_all", "append", "append", "ask"]
_MOVED_AND_TORN = [*_LOSS, "publish", "lose_end", "append", "publish"]


@example([*_MOVED_AND_TORN, "kill", "publish"])
@settings(max_examples=200)
@given(st.lists(_MOVES, max_size=60))
def test_whatever_happens_all_that_was_read_arrives_once_in_order_and_every_break_is_marked(moves: list[str]) -> None:
    plant = Plant()
    for name in moves:
        plant.now += 10
        getattr(plant, name)()
    for _ in range(len(plant.journal) + 1):
        plant.publish()
    contents = [batch.content for batch in plant.subject if batch.content]
    assert contents == sorted(set(contents))
    assert plant.given_up.isdisjoint(contents)
    assert plant.given_up | set(contents) == set(range(1, plant.read + 1))
    for previous, batch in zip(plant.subject, plant.subject[1:], strict=False):
        goes_on = (previous.place[0], previous.place[1] + 1)
        assert batch.place == goes_on or (batch.place[0] > previous.place[0] and batch.place[1] == 1)
        assert batch.place == goes_on or batch.gap or not batch.content


_SMALL = st.integers(1, 6)


@given(_SMALL, _SMALL, st.integers(0, 5), st.tuples(st.integers(1, 14), st.integers(0, 12)))
def test_what_the_subject_holds_is_found_in_the_journal_whatever_it_is_numbered_as(
    epoch: int, behind: int, start: int, held: Place
) -> None:
    moved = Moved((epoch, start), start + behind, epoch + 3)
    journal = [(epoch, start + seq) for seq in range(1, behind + 1)] + [(epoch + 3, behind + seq) for seq in (1, 2)]
    assert [moved.published(place) for place in journal] == [(epoch + 3, seq) for seq in range(1, behind + 3)]
    for place in journal:
        assert (place <= moved.journaled(held)) == (moved.published(place) <= held)

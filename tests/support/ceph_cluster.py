"""A real Ceph of one node: a monitor, a storage daemon in memory, and the gateway that speaks S3.

It needs no system set-up, only the programs; as root or not. Everything listens on the loopback interface, clients
are authenticated, and what is stored is gone in the end.
"""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from thoth.storages.embedded.ports import HOST, choose_ports
from thoth.storages.embedded.processes import RunOptions, Signals, end, is_ours, launch, read_pid, wait_until, watch

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "openssl", "radosgw", "radosgw-admin")
INSTALL = "apt-get install --no-install-recommends ceph-common ceph-mon ceph-osd openssl radosgw"

_TRIES = 3  # a port may be taken after it was chosen
_STOP: Signals = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

# With these intervals the monitor decides at once, not after seconds. Authentication stays on, as it is by default:
# without it the gateway does not start.
_CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = v2:{host}:{mon}
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
public addr = {host}
cluster addr = {host}
ms bind ipv6 = false
ms bind msgr1 = false
keyring = {directory}/keyring
auth allow insecure global id reclaim = false
run dir = {directory}
admin socket =
pid file =
log file = {directory}/$name.log
mon cluster log file = {directory}/cluster.log
crash dir = {directory}
log to stderr = false
err to stderr = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.05
paxos min wait = 0.01
[mon]
mon data = {directory}/mon
[osd]
osd data = {directory}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd class update on start = false
[client.rgw]
rgw data = {directory}/rgw
rgw frontends = beast endpoint={host}:{http} ssl_endpoint={host}:{https} ssl_certificate={directory}/certificate.pem ssl_private_key={directory}/key.pem tcp_nodelay=1
rgw thread pool size = 32
rgw dynamic resharding = false
rgw enable usage log = false
rgw run sync thread = false
"""  # noqa: E501

# {who: what it may do}
_RIGHTS = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *"),
    "client.rgw": ("mon", "allow rwx", "osd", "allow rwx"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
}


class CephError(Exception):
    """Ceph did not start; the message tells what it said."""


class Gateway(NamedTuple):
    """A gateway and its only user; the certificate of its secure address is its own authority."""

    endpoint_url: str
    secure_url: str
    certificate: Path
    key_id: str
    secret_key: str
    directory: Path


def missing_programs() -> list[str]:
    """The programs that are needed and not on PATH, in alphabetical order."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def ceph_gateway() -> Iterator[Gateway]:
    """A gateway in front of an empty cluster; both, and all their files, are gone in the end.

    Raises CephError where it does not start. Several may run at once. Killed owners take theirs along.
    """
    with ExitStack() as stack:
        yield _start(stack)


def _start(stack: ExitStack) -> Gateway:
    for _ in range(_TRIES - 1):
        with ExitStack() as attempt, suppress(CephError):
            gateway = _Cluster(attempt).start()
            stack.push(attempt.pop_all())
            return gateway
    return _Cluster(stack).start()


class _Cluster:
    """The files and processes of one cluster, which end with the stack, in the reverse of the order of their start."""

    def __init__(self, stack: ExitStack) -> None:
        self.directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ceph-")))
        self.ports = choose_ports(dict.fromkeys(("mon", "http", "https"), 0))
        self._stack = stack
        self._watchers: dict[Path, subprocess.Popen[bytes]] = {}
        # By this argument a process is known as one of this cluster.
        self._marker = f"--conf={self.directory}/ceph.conf"
        # None of the user's settings, CEPH_CONF and CEPH_ARGS among them.
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.directory), "LC_ALL": "C"}

    def start(self) -> Gateway:
        """The gateway, ready for use, with the user who may use it."""
        key_id, secret_key = secrets.token_hex(10), secrets.token_urlsafe(30)
        self._write_files()
        self._start_monitor()
        self._start_storage()
        self._daemon("radosgw", "--name=client.rgw")
        self._wait_for_gateway()
        user = ("--uid=tests", "--display-name=tests", f"--access-key={key_id}", f"--secret-key={secret_key}")
        self._run("radosgw-admin", self._marker, "user", "create", *user)
        urls = (f"http://{HOST}:{self.ports['http']}", f"https://{HOST}:{self.ports['https']}")
        return Gateway(*urls, self.directory / "certificate.pem", key_id, secret_key, self.directory)

    def _write_files(self) -> None:
        fsid = str(uuid.uuid4())
        configuration = _CONFIGURATION.format(fsid=fsid, host=HOST, directory=self.directory, **self.ports)
        (self.directory / "ceph.conf").write_text(configuration)
        keyring = str(self.directory / "keyring")
        for number, (name, rights) in enumerate(_RIGHTS.items()):
            caps = [word for kind, cap in zip(rights[::2], rights[1::2], strict=True) for word in ("--cap", kind, cap)]
            create = [] if number else ["--create-keyring"]
            self._run("ceph-authtool", *create, keyring, "--gen-key", "--name", name, *caps)
        monitor = f"[v2:{HOST}:{self.ports['mon']}]"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", monitor, str(self.directory / "monmap"))
        where = ("-keyout", str(self.directory / "key.pem"), "-out", str(self.directory / "certificate.pem"))
        what = ("-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{HOST}", "-days", "2")
        self._run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *where, *what)

    def _start_monitor(self) -> None:
        files = (f"--monmap={self.directory}/monmap", f"--keyring={self.directory}/keyring")
        self._run("ceph-mon", self._marker, "--mkfs", "--id=a", *files)
        self._daemon("ceph-mon", "--id=a")

    def _start_storage(self) -> None:
        identity = str(uuid.uuid4())
        (self.directory / "osd").mkdir()
        self._run("ceph", self._marker, "--connect-timeout=30", "osd", "new", identity, "0")
        self._run("ceph-osd", self._marker, "--mkfs", "--id=0", f"--osd-uuid={identity}", "--no-mon-config")
        self._daemon("ceph-osd", "--id=0")

    def _daemon(self, program: str, *arguments: str) -> None:
        """Start a program that runs until the stack ends it, or until this process is gone."""
        pid_file, output = (self.directory / f"{program}.{kind}" for kind in ("pid", "out"))
        self._stack.callback(self._end, pid_file)
        command = [program, self._marker, "--foreground", *arguments]
        launch(command, pid_file, output, self._environment, RunOptions())
        pid = read_pid(pid_file)
        assert pid is not None
        self._watchers[pid_file] = watch(pid, self._marker, _STOP, ())

    def _end(self, pid_file: Path) -> None:
        # Interrupted between fork and the first line of the shell, the pid comes a moment later.
        wait_until(lambda: read_pid(pid_file) is not None, 1.0)
        pid = read_pid(pid_file)
        try:
            if pid is not None and not end(pid, self._marker, _STOP):
                raise CephError(f"process {pid} of {self.directory} did not end")
        finally:
            if pid_file in self._watchers:
                self._watchers.pop(pid_file).communicate(timeout=30)  # closes what it reads, and waits for its end

    def _wait_for_gateway(self) -> None:
        names = ("ceph-mon", "ceph-osd", "radosgw")
        pids = {name: read_pid(self.directory / f"{name}.pid") or 0 for name in names}
        context = ssl.create_default_context(cafile=self.directory / "certificate.pem")

        def died() -> list[str]:
            return [name for name, pid in pids.items() if not is_ours(pid, self._marker)]

        wait_until(lambda: self._answers(context) or bool(died()), 60.0)
        if died() or not self._answers(context):
            said = [f"{path.name}: {path.read_text()[-2000:]}" for path in self.directory.glob("*.out")]
            raise CephError(f"not ready; ended: {died()}; {said}")

    def _answers(self, context: ssl.SSLContext) -> bool:
        connection = http.client.HTTPSConnection(HOST, self.ports["https"], timeout=2.0, context=context)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _run(self, *command: str) -> None:
        """Run a command to its end. Raises CephError, with what it said, where that is no good one."""
        done = subprocess.run(
            command,
            env=self._environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise CephError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")

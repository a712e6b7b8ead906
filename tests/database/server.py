"""Servers to break: a PostgreSQL and a PgBouncer of a test's own, stopped, paused, filled up or sealed at will."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest

from gatepost.local.account import give, unprivileged
from tests.programs import programs

PASSWORD = "s3cret-Passw0rd"
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _account() -> dict[str, int]:
    """PostgreSQL refuses to run as root, so that root runs it as somebody else."""
    account = unprivileged()
    return {"user": account.uid, "group": account.gid} if account else {}


def _own(directory: Path) -> None:
    for path in [directory, *directory.rglob("*")]:
        give(path, unprivileged())


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd="/", **_account())
    assert done.returncode == 0, done.stdout + done.stderr


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command, **{"stdout": out, "stderr": out, "cwd": "/", "start_new_session": True, **_account()}
        )


@dataclass
class SpareServer:
    """A PostgreSQL with the superuser `postgres`, over TCP, asking for a password."""

    directory: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def url(self, **parts: str) -> str:
        """Return its URL; `user`, `password`, `host`, `port`, `database` and `query` may be given."""
        known = {
            "user": "postgres",
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": str(self.port),
            "database": "postgres",
            "query": "",
        } | parts
        return "postgresql://{user}:{password}@{host}:{port}/{database}".format(**known) + known["query"]

    def create(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        _own(self.directory)
        _run(
            *(programs().tool("initdb"), "-D", self.data, "-U", "postgres", "--auth=scram-sha-256"),
            *("--pwfile", secret, "--no-sync", "--locale=C", "--encoding=UTF8"),
        )

    def start(self, hba: str = "host all all all scram-sha-256", **settings: str) -> None:
        (self.data / "pg_hba.conf").write_text(hba + "\n")
        _own(self.data)
        fixed = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "20",
            "shared_buffers": "16MB",
            "log_destination": "stderr",
        } | settings
        words = [word for name, value in fixed.items() for word in ("-c", f"{name}={value}")]
        self.process = _start([str(programs().tool("postgres")), "-D", str(self.data), *words], self.directory / "log")
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, (self.directory / "log").read_text()
            # The tool asks without a password, so that no rule of pg_hba.conf stands against it.
            words = [str(programs().tool("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(words, timeout=90).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("the spare server did not start: " + (self.directory / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=90)
            self.process = None

    @contextmanager
    def running(self, hba: str = "host all all all scram-sha-256", **settings: str) -> Iterator[SpareServer]:
        self.start(hba, **settings)
        try:
            yield self
        finally:
            self.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The kernel still accepts connections, but nobody answers them: as a machine that hangs."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def signal_children(self, name: str) -> None:
        """Signal the processes that serve connections: stopping the first one alone leaves them at work."""
        assert self.process is not None
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # a process may end meanwhile
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    os.kill(int(stat.parent.name), getattr(signal, name))

    def secret(self, user: str) -> str:
        with closing(psycopg2.connect(self.url())) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [user])
            return cursor.fetchone()[0]

    def execute(self, *statements: str) -> None:
        with closing(psycopg2.connect(self.url())) as connection:
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)


@dataclass
class SparePooler:
    """A PgBouncer in front of a server that may be reached by the accounts given.

    With the server's own `secrets` (pg_authid.rolpassword) it need not derive a key at each login, as in production.
    """

    directory: Path
    host: str
    server_port: int
    accounts: Mapping[str, str]
    databases: tuple[str, ...] = ("postgres",)
    secrets: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, user: str = "postgres", database: str = "postgres", query: str = "") -> str:
        return f"postgresql://{user}:{self.accounts[user]}@127.0.0.1:{self.port}/{database}{query}"

    @contextmanager
    def running(self, mode: str = "transaction", pool: int = 5, **settings: str) -> Iterator[SparePooler]:
        assert PGBOUNCER is not None
        self.directory.mkdir(parents=True, exist_ok=True)
        users = self.directory / "users.txt"
        known = {**self.accounts, **self.secrets}
        users.write_text("".join(f'"{user}" "{secret}"\n' for user, secret in known.items()))
        fixed = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(users),
            "pool_mode": mode,
            "default_pool_size": str(pool),
            "max_client_conn": "500",
            "server_tls_sslmode": "disable",
        } | settings
        lines = ["[databases]", *(f"{name} = host={self.host} port={self.server_port}" for name in self.databases)]
        lines += ["[pgbouncer]", *(f"{name} = {value}" for name, value in fixed.items())]
        configuration = self.directory / "pgbouncer.ini"
        configuration.write_text("\n".join(lines) + "\n")
        _own(self.directory)
        self.process = _start([PGBOUNCER, str(configuration)], self.directory / "log")
        try:
            self._wait()
            yield self
        finally:
            self.process.kill()
            self.process.wait(timeout=90)

    def _wait(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, (self.directory / "log").read_text()
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("PgBouncer did not start: " + (self.directory / "log").read_text())


@dataclass(frozen=True)
class Certificates:
    """A root and a server certificate signed by it, in files."""

    root: Path
    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        return {"ssl": "on", "ssl_cert_file": str(self.certificate), "ssl_key_file": str(self.key)}


def make_certificates(directory: Path, host: str) -> Certificates:
    """Make a root of our own and a certificate for `host`."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    directory.mkdir(parents=True, exist_ok=True)
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)

    def signed(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, ca: bool):
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject)
        builder = builder.issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=30))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            try:
                other: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
            except ValueError:
                other = x509.DNSName(name)
            builder = builder.add_extension(x509.SubjectAlternativeName([other]), critical=False)
        return builder.sign(by, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = f"Root of {directory.name}"
    made = Certificates(directory / "root.crt", directory / "server.crt", directory / "server.key")
    pem = serialization.Encoding.PEM
    made.root.write_bytes(signed(root, root_key, root, root_key, ca=True).public_bytes(pem))
    made.certificate.write_bytes(signed(host, key, root, root_key, ca=False).public_bytes(pem))
    form, lock = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    made.key.write_bytes(key.private_bytes(pem, form, lock))
    made.key.chmod(0o600)
    _own(directory)
    return made


@pytest.fixture(scope="session")
def spare_server() -> Iterator[SpareServer]:
    """A stopped PostgreSQL that a test may start as it needs: `with spare_server.running(ssl="on"): ...`."""
    # Not in pytest's own directory: every run that starts beside this one closes that to other accounts.
    with TemporaryDirectory(prefix="gatepost-spare-") as directory:
        server = SpareServer(Path(directory))
        server.create()
        yield server
        server.stop()

"""The ways in which a connection fails: the pattern of the driver's message, and the sentence that reports it.

libpq gives no error code for a connection that was never made, only text (https://www.postgresql.org/docs/17/
libpq-connect.html), so each row holds a pattern. The first row that matches wins. Messages of a server come before
messages of the network, because libpq lists every address that it tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatepost.database.address import Kind

Step = Literal[
    "url", "name", "network", "port", "tls", "certificate", "user", "password", "database", "pooler", "role", "limits"
]
"""The step of `gatepost doctor` at which a fault shows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a connection fails, with the sentence that reports it.

    `sentence` and `hint` may name `{host}`, `{port}`, `{user}`, `{database}`, `{ref}`, `{timeout}` and every named
    group of `pattern`. `kinds` limits the row to some kinds of servers; empty means any.
    """

    code: str
    step: Step
    pattern: str
    sentence: str
    hint: str = ""
    kinds: frozenset[Kind] = frozenset()


_OWN_HOST: frozenset[Kind] = frozenset({"direct", "dedicated-pooler"})
_POOLER_USER = "write the user as postgres.<ref>, the project's reference after the dot, as shown in the Dashboard"
_NO_ROUTE = r"(Network is unreachable|Cannot assign requested address|No route to host|Address family not supported)"

FAULTS: tuple[Fault, ...] = (
    # What a pooler says. Supavisor's words: https://supabase.com/docs/guides/troubleshooting ("supavisor").
    Fault(
        "pooler-user",
        "user",
        r"(?i)tenant or user not found|tenant/user \S+ not found|no tenant identifier provided",
        'the pooler at "{host}" knows no project for the user "{user}", or the project is paused',
        _POOLER_USER,
    ),
    Fault(
        "pooler-clients",
        "limits",
        r"(?i)max clients reached|MaxClientsInSessionMode|EMAXCONN",
        'the session pooler at "{host}" has no free connection in its pool',
        "use port 6543 for short transactions, or make the pool of each process smaller (DB_POOL_SIZE)",
    ),
    Fault(
        "pooler-blocked",
        "password",
        r"(?i)circuit ?breaker",
        'the pooler at "{host}" blocks this user for a while after too many wrong passwords',
        "correct the password everywhere it is set, then wait a few minutes",
    ),
    Fault(
        "pooler-options",
        "pooler",
        r"unsupported startup parameter(?: in options)?: (?P<name>\S+)",
        'the pooler at "{host}" refuses the start-up parameter "{name}"',
        "remove {name} from the URL and set it in each transaction: SET LOCAL statement_timeout = '30s'",
    ),
    Fault(
        "pooler-database",
        "database",
        r"no such database: (?P<name>.+)",
        'the pooler at "{host}" knows no database "{name}"',
        "use a database from the pooler's configuration",
    ),
    Fault(
        "pooler-full",
        "limits",
        r"no more connections allowed|query_wait_timeout|server_login_retry",
        'the pooler at "{host}" has no connection left to give',
        "lower DB_POOL_SIZE, or raise max_client_conn and default_pool_size of the pooler",
    ),
    # What PostgreSQL says: https://www.postgresql.org/docs/17/client-authentication-problems.html
    Fault(
        "password-missing",
        "password",
        r"no password supplied|empty password returned",
        'the server requires a password for "{user}", and the URL has none',
        "write it as postgresql://{user}:password@{host}:{port}/{database}",
    ),
    Fault(
        "wrong-password",
        "password",
        r"(password|SASL|SCRAM|Peer|Ident|LDAP) authentication failed|wrong password|auth(entication)? failed",
        'the server at "{host}" refuses the password of "{user}"',
        "check the user and the password; percent-encode special characters in the password (@ is %40)",
    ),
    Fault(
        "unknown-database",
        "database",
        r'database "(?P<name>.*)" does not exist',
        'there is no database "{name}" at "{host}"',
        "on Supabase the database is named postgres; elsewhere: createdb {name}",
    ),
    Fault(
        "closed-database",
        "database",
        r'database ".*" is not currently accepting connections|permission denied for database',
        '"{user}" may not connect to the database "{database}"',
        "let the owner of the database run GRANT CONNECT ON DATABASE for this role",
    ),
    Fault(
        "unknown-role",
        "role",
        r'role "(?P<name>.*)" does not exist|no such user',
        'the server at "{host}" has no role "{user}"',
        "check the user in the URL",
    ),
    Fault(
        "role-cannot-login",
        "role",
        r'role "(?P<name>.*)" is not permitted to log in',
        'the role "{name}" may not log in',
        "connect as a role that may, then act as it: SET ROLE",
    ),
    Fault(
        "too-many-connections",
        "limits",
        r"too many clients already|remaining connection slots are reserved|too many connections for",
        'the server at "{host}" has no connection slot left',
        "lower DB_POOL_SIZE and DB_MAX_OVERFLOW, close idle clients, or connect through a pooler",
    ),
    Fault(
        "starting",
        "port",
        r"the database system is (starting up|shutting down|in recovery mode|not yet accepting connections)",
        'the server at "{host}" is starting or stopping and does not accept connections',
        "wait a moment and try again",
    ),
    Fault(
        "not-allowed",
        "network",
        r"pg_hba\.conf (entry for|rejects) .*(SSL encryption|SSL on)|not in the allow ?list|Address not in tenant",
        'the server at "{host}" does not let "{user}" in from this address',
        "allow this address in the provider's network restrictions (pg_hba.conf on your own server)",
    ),
    Fault(
        "tls-required",
        "tls",
        r"(?i)pg_hba\.conf (entry for|rejects)"
        r"|SSL connection is required|connection is insecure|SSL required",
        'the server at "{host}" takes no connection without TLS from this address',
        "add sslmode=require to the URL; if that fails too, allow this address (pg_hba.conf, network restrictions)",
    ),
    Fault(
        "tls-refused",
        "tls",
        r"server does not support SSL",
        'the server at "{host}" offers no TLS, and sslmode requires it',
        "turn TLS on at the server, or add sslmode=disable to the URL on a network that you trust",
    ),
    Fault(
        "ca-missing",
        "certificate",
        r'root certificate file "(?P<file>.*)" does not exist|could not read root certificate file "(?P<unread>.*?)"',
        "the root certificate that sslmode=verify-full needs cannot be read",
        "download it from the Dashboard (Database settings, SSL) and set sslrootcert or DB_SSL_ROOT_CERT to its path",
    ),
    Fault(
        "wrong-ca",
        "certificate",
        r"certificate verify failed|self[- ]signed certificate|unable to get local issuer|signature failure",
        'the certificate of "{host}" is not signed by the given root certificate',
        "set sslrootcert to the provider's own root certificate (Supabase: Dashboard, Database settings, SSL)",
    ),
    Fault(
        "wrong-host-name",
        "certificate",
        r"server certificate for .* does not match host name|certificate could not be obtained",
        'the certificate at "{host}" was issued for another host name',
        "use the host name from the provider's page, or sslmode=verify-ca",
    ),
    Fault(
        "tls-value",
        "url",
        r'invalid sslmode value: "(?P<name>.*)"|weak sslmode|invalid (?P<other>ssl\w+) value',
        "the TLS settings in the URL contradict each other or are misspelled",
        "sslmode is one of disable, prefer, require, verify-ca, verify-full",
    ),
    Fault(
        "tls-broken",
        "tls",
        r"SSL error|SSL SYSCALL|tls(v1)? alert",
        'the TLS handshake with "{host}" failed',
        "check that nothing intercepts the connection to port {port}, such as a proxy",
    ),
    Fault(
        "not-postgres",
        "port",
        r"invalid response to SSL negotiation|expected authentication request|unsupported frontend protocol",
        'what answers at "{host}" on port {port} is not PostgreSQL',
        "check the port: PostgreSQL listens on 5432 by default",
    ),
    # What the network says.
    Fault(
        "ipv6-only",
        "network",
        r"[\"(][0-9a-fA-F:]*:[0-9a-fA-F:]*[\")], port \d+ failed: " + _NO_ROUTE,
        '"{host}" has only an IPv6 address, and this network has no IPv6',
        "use the session pooler's host from the Dashboard (Connect), with the user postgres.{ref}, or the IPv4 add-on",
        kinds=_OWN_HOST,
    ),
    Fault(
        "no-route",
        "network",
        _NO_ROUTE,
        'this network has no route to "{host}"',
        "check the network, the firewall and the VPN",
    ),
    Fault(
        "unknown-host-supabase",
        "name",
        r"could not translate host name|Name or service not known|nodename nor servname|name resolution"
        r"|No address associated",
        'the name "{host}" has no address that this machine can use: the project is paused or gone, or it has only'
        " IPv6 here",
        "restore the project in the Dashboard, or copy the session pooler's host from there (Connect)",
        kinds=_OWN_HOST,
    ),
    Fault(
        "unknown-host",
        "name",
        r"could not translate host name|Name or service not known|nodename nor servname|name resolution"
        r"|No address associated",
        'the host "{host}" is unknown',
        "check the spelling; copy the host from the provider's page",
    ),
    Fault(
        "no-socket",
        "port",
        r"on socket \"(?P<socket>[^\"]*)\" failed: (No such file|Connection refused|Permission denied)",
        'no server listens at the socket "{socket}"',
        "start the server (gatepost local start), or give the directory of its socket: ?host=/directory",
    ),
    Fault(
        "refused",
        "port",
        r"Connection refused|Connection reset by peer",
        'nothing takes connections at "{host}" on port {port}',
        "check the port, and that the server is running (for the embedded one: gatepost local status)",
    ),
    Fault(
        "timeout",
        "port",
        r"timeout expired|timed out|ETIMEDOUT",
        'no answer from "{host}" on port {port} within {timeout} seconds',
        "check that the server is not paused or overloaded and that no firewall drops the packets",
    ),
    Fault(
        "hung-up",
        "port",
        r"server closed the connection unexpectedly|could not receive data|could not send data|Broken pipe|SSL SYSCALL",
        'the server at "{host}" closed the connection before it answered',
        "check that the port is PostgreSQL's and that the server is not restarting",
    ),
)

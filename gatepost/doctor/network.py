"""Check the host name, the route and the port without a driver."""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import closing
from pathlib import Path

from gatepost.database.connection_errors import Diagnosis, diagnose
from gatepost.database.url import DatabaseUrl
from gatepost.doctor.answer import Answer


def reach(url: DatabaseUrl, timeout: float) -> tuple[Answer, ...]:
    """Return the answers about name, network and port, up to the first error."""
    if url.host.startswith("/"):
        return (_socket(url),)
    name, addresses = _resolve(url, timeout)
    if name.status == "error":
        return (name,)
    network = _network(url, addresses)
    if network.status == "error":
        return name, network
    return name, network, _port(url, addresses, timeout)


def _socket(url: DatabaseUrl) -> Answer:
    path = Path(url.host) / f".s.PGSQL.{url.port}"
    text = f'connection to server on socket "{path}" failed: '
    try:
        with closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.settimeout(5)
            probe.connect(str(path))
    except TimeoutError:
        return _error("port", diagnose("timeout expired", url, 5))
    except OSError as refusal:
        return _error("port", diagnose(text + (refusal.strerror or "Connection refused"), url))
    return Answer("port", "ok", f'a server listens at the socket "{path}"')


def _resolve(url: DatabaseUrl, timeout: float) -> tuple[Answer, tuple[str, ...]]:
    given = url.parameters.get("hostaddr")
    host = given or url.host
    found: list[str] = []
    failed: list[str] = []

    def resolve() -> None:
        try:
            rows = socket.getaddrinfo(host, url.port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))
        except OSError as trouble:
            failed.append(str(trouble))

    # The resolver has no timeout parameter, so it runs in a thread that can be abandoned.
    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        return Answer(
            "name",
            "error",
            f'no name server answers for "{url.host}" within {timeout:g} seconds',
            "check this machine's network and its name servers",
        ), ()
    if failed or not found:
        return _error("name", diagnose(f"could not translate host name: {failed}", url)), ()
    return Answer("name", "ok", f'"{host}" is {", ".join(found)}'), tuple(found)


def _network(url: DatabaseUrl, addresses: tuple[str, ...]) -> Answer:
    routed = [address for address in addresses if _has_route(address)]
    if not routed:
        return _error("network", diagnose(f'"{addresses[0]}", port {url.port} failed: Network is unreachable', url))
    versions = sorted({f"IPv{ipaddress.ip_address(address.partition('%')[0]).version}" for address in routed})
    return Answer("network", "ok", f"there is a route to it over {' and '.join(versions)}")


def _has_route(address: str) -> bool:
    """Whether the kernel has a route there; connecting a datagram socket checks that and sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect((address, 9))
    except OSError:
        return False
    return not ipaddress.ip_address(address.partition("%")[0]).is_multicast


def _port(url: DatabaseUrl, addresses: tuple[str, ...], timeout: float) -> Answer:
    said = ""
    for address in addresses:
        try:
            with closing(socket.create_connection((address, url.port), timeout)):
                return Answer("port", "ok", f"port {url.port} is open at {address}")
        except TimeoutError:
            said += "timeout expired "
        except OSError as refusal:
            said += f'"{address}", port {url.port} failed: {refusal.strerror or refusal} '
    return _error("port", diagnose(said, url, timeout))


def _error(topic: str, diagnosis: Diagnosis) -> Answer:
    return Answer(topic, "error", diagnosis.sentence, diagnosis.hint)

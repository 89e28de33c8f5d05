"""Where a webhook may point: never into the network that this service stands in, unless the operator allows it."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from routing.errors import InputError

LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """An address on the network that was looked at: the connection goes there and nowhere else."""

    url: str
    host: str
    ip: str
    port: int
    path: str
    secure: bool


def target_of(url: str, *, allow_private: bool) -> Target:
    """The target of a webhook's URL, its name resolved once.

    Every address that the name has must be a public one, lest a name that answers differently each time lead inside.
    Raises InputError naming the fault: no HTTPS URL, a name that does not resolve, a private address.
    """
    parts = _parts(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = _ascii(parts.hostname or "")
    if parts.scheme != "https" and not allow_private:
        raise InputError(f"url is {url!r}, not encrypted; give an https:// address")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except socket.gaierror:
        raise InputError(f"url names the host {host!r}, which is not known; correct it") from None
    if not allow_private:
        inside = sorted(ip for ip in found if not is_public(ip))
        if inside:
            raise InputError(
                f"url names {host!r}, which is at {inside[0]} in the service's own network; give a public address, "
                "or let the operator set BEATPLAN_WEBHOOK_PRIVATE=true"
            )
    path = parts.path or "/"
    return Target(
        url, host, min(found), port, f"{path}?{parts.query}" if parts.query else path, parts.scheme == "https"
    )


def is_public(ip: str) -> bool:
    """Whether an address belongs to the public internet; one inside another (IPv4 in IPv6) counts as the inner."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast


def _ascii(host: str) -> str:
    """A host as the network knows it: the names of other scripts in their ASCII form (RFC 3490)."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InputError(f"url names the host {host!r}, which cannot be one; correct it") from None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable, parts = False, None
    if not usable or parts is None or parts.username is not None or len(url) > LONGEST_URL or not url.isprintable():
        raise InputError(f"url is {url[:100]!r}, no address to send to; give one such as https://example.com/hook")
    return parts

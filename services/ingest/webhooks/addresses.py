"""Where a webhook may go: never into the operators' own network.

A webhook's address is chosen by a partner and called by us, so it could be used to reach what
only we can reach (server-side request forgery). A name is looked up here, every address that
it has must be a public one, and the connection is made to the very address that was checked:
that the name means another one a moment later (DNS rebinding) changes nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from libs.errors import FieldError, InvalidInput

Resolver = Callable[[str, int], list[str]]
"""The addresses of a host's name. Raises OSError (socket.gaierror) when it has none."""

# https://www.iana.org/assignments/iana-ipv4-special-registry; and what clouds answer their
# machines at outside of it (Azure). `ipaddress.is_global` differs between Python's releases.
_CLOSED_V4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# Only these are handed out for the public network; IPv4 in IPv6 clothes is outside of them, but
# for 6to4 and Teredo.
_OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_NAME: Final = re.compile(r"^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$")
# What C libraries take for an address though it does not look like one: 2130706433, 0x7f.1.
_NUMBER: Final = re.compile(r"^(0x[0-9a-f]*|[0-9]+)$")
_HTTPS_PORT: Final = 443
_LOCALHOST: Final = "localhost"


class Refused(InvalidInput):
    """A webhook must not go there."""

    code = "webhook-address"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=(FieldError("/url", detail),))


def system_resolver(host: str, port: int) -> list[str]:
    """As the operating system looks names up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Destinations:
    """What is allowed. With `allow_loopback` this machine is too, on any port by plain HTTP."""

    ports: tuple[int, ...]
    allow_loopback: bool = False
    resolve: Resolver = system_resolver

    def checked(self, text: str) -> httpx.URL:
        """The address as it will be called. Raises Refused for one that must not be.

        What its name means is not looked at here: see `addresses`.
        """
        try:
            url = httpx.URL(text)
            host = url.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused("This is no web address. Write it as https://host/path.") from error
        if url.userinfo or url.fragment:
            raise Refused("Leave the user, the password and the part behind # out of the address.")
        self._check_host(host)
        if not (self.allow_loopback and url.scheme == "http" and _is_this_machine(host)):
            self._check_https(url)
        return url

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses that a host has, all of them allowed.

        Raises Refused when one is not, OSError when the name is not known.
        """
        try:
            found = self.resolve(host, port)
        except UnicodeError as error:
            raise OSError(str(error)) from error
        if not found:
            raise OSError("no address")
        for address in found:
            if not self._open(address):
                raise Refused(
                    "The host is inside a network that is not public. Give an address that can "
                    "be reached from the internet."
                )
        return found

    def _check_host(self, host: str) -> None:
        if ":" in host or _NUMBER.match(host.rpartition(".")[2]):
            try:
                address = ipaddress.ip_address(host)
            except ValueError as error:
                raise Refused("Write an IP address as 192.0.2.1 or [2001:db8::1].") from error
            if not self._open(str(address)):
                raise Refused("This IP address is not a public one.")
        elif not _NAME.match(host):
            raise Refused("The host's name is not a valid one.")

    def _check_https(self, url: httpx.URL) -> None:
        if url.scheme != "https":
            raise Refused("The address must begin with https://.")
        if (_HTTPS_PORT if url.port is None else url.port) not in self.ports:
            known = ", ".join(map(str, self.ports))
            raise Refused(f"Port {url.port} is not allowed. Allowed are: {known}.")

    def _open(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        if self.allow_loopback and address.is_loopback:
            return True
        if isinstance(address, ipaddress.IPv4Address):
            return not any(address in network for network in _CLOSED_V4)
        inside = address in _OPEN_V6 and address.scope_id is None
        return inside and not any(address in network for network in _CLOSED_V6)


def _is_this_machine(host: str) -> bool:
    if host == _LOCALHOST:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Who votes: a tenant, or somebody whom nothing is kept of but that she has voted today."""

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.recommend.tables import SaltRow

SALT_BYTES: Final = 32
# Behind the end of their day: for clocks that are a little late, and for what is sent once more.
KEEP_SALTS: Final = dt.timedelta(hours=1)
# The smallest network that one household or office gets (RFC 6177): each address in it is hers.
_HOUSEHOLD_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the gateway says: the tenant of a credential, or the network of an address."""

    tenant: str | None
    network: str

    @property
    def bucket(self) -> str:
        """What her pace is kept under, in memory only."""
        return f"tenant:{self.tenant}" if self.tenant else self.network


def caller(tenant: str | None, address: str | None) -> Caller:
    """All whose address is not known are one."""
    return Caller(tenant, _network(address or ""))


def voters(session: Session, caller: Caller, now: dt.datetime) -> tuple[str, ...]:
    """The name that a vote is kept under, and hers of yesterday; at most 80 characters each.

    For somebody without a credential it is an HMAC-SHA256 of her network under the day's random
    salt. Once that is forgotten nobody can tell, even by trying all addresses, whose it was. Until
    then, for an hour after midnight, she is known by both days' names.
    """
    if caller.tenant:
        return (f"tenant:{caller.tenant}",)
    names = [_anonymous(_salt(session, now.date()), caller)]
    before = (now - KEEP_SALTS).date()
    yesterday = session.get(SaltRow, before) if before < now.date() else None
    return (*names, _anonymous(yesterday.salt, caller)) if yesterday else tuple(names)


def _anonymous(salt: bytes, caller: Caller) -> str:
    return f"anonymous:{hmac.new(salt, caller.network.encode(), 'sha256').hexdigest()}"


def forget_salts(session: Session, before: dt.datetime) -> None:
    """Forget the salts of the days before a moment's."""
    session.execute(delete(SaltRow).where(SaltRow.day < before.date()))


def _salt(session: Session, today: dt.date) -> bytes:
    row = session.get(SaltRow, today)
    if row is None:
        row = SaltRow(day=today, salt=secrets.token_bytes(SALT_BYTES))
        session.add(row)
        # Now, where it can be tried again: another replica may have made the day's salt.
        session.flush()
    return row.salt


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> _HOUSEHOLD_BITS << _HOUSEHOLD_BITS))
    return str(found)

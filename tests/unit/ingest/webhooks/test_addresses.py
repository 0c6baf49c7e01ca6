"""Where a webhook may go, and where never: forms of addresses that lead into one's own network."""

import pytest

from services.ingest.webhooks.addresses import Destinations, Refused

CLOSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",  # metadata at Alibaba
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # the host at Azure
    "169.254.169.254",  # metadata at nearly all
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",  # metadata at Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata at AWS
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OPEN = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1::1"]
NOT_PLAIN = [
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "127.0.0.0x1",
    "0",
    "0x",
    "1.1.1.256",
    "1.1.1.1.1",
]
NO_ADDRESS = [
    "",
    "https://",
    "https:///path",
    "//host/path",
    "host",
    "ftp://host.se/",
    "file:///etc/passwd",
    "gopher://host.se/",
    "javascript:alert(1)",
    "http://host.se/",
    "https://user@host.se/",
    "https://user:password@host.se/",
    "https://host.se/#part",
    "https://host.se:0/",
    "https://host.se:22/",
    "https://host.se:8080/",
    "https://host.se:99999999/",
    "https://ho st.se/",
    "https://host..se/",
    "https://host.se./",
    "https://host.se%00.example.com/",
    "https://host.se\\@127.0.0.1/",
    "https://127.0.0.1#@host.se/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://[v1.x]/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://\ud800.se/",
    "https://host.se/\n",
    "https://host.se/\x00",
    "https://" + "a" * 64 + ".se/",
    "https://" + "a." * 200 + "se/",
]


def known_as(*addresses: str) -> Destinations:
    return Destinations((443, 8443), resolve=lambda _host, _port: list(addresses))


def written(address: str) -> str:
    return f"https://[{address}]/" if ":" in address else f"https://{address}/"


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        known_as().checked(written(address))
    with pytest.raises(Refused):
        known_as(address).addresses("partner.se", 443)
    with pytest.raises(Refused):
        known_as("8.8.8.8", address).addresses("partner.se", 443)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_taken(address: str) -> None:
    assert known_as().checked(written(address)).host == address
    assert known_as(address).addresses("partner.se", 443) == [address]


@pytest.mark.parametrize("host", NOT_PLAIN)
def test_a_number_that_is_only_read_as_an_address_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        known_as().checked(f"https://{host}/")


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_https_address_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        known_as().checked(text)
    assert refused.value.errors[0].pointer == "/url"


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("https://Partner.SE", "https://partner.se"),
        ("https://partner.se:8443/a?b=c", "https://partner.se:8443/a?b=c"),
        ("https://örebro.se/å", "https://xn--rebro-iua.se/%C3%A5"),
    ],
)
def test_an_address_is_kept_as_it_will_be_called(text: str, called: str) -> None:
    assert str(known_as().checked(text)) == called


@pytest.mark.parametrize("found", [["fe80::1%eth0"], ["nonsense"], ["2a00:1::1%1"]])
def test_what_a_name_server_answers_is_not_trusted(found: list[str]) -> None:
    with pytest.raises(Refused):
        known_as(*found).addresses("partner.se", 443)


def test_a_name_without_an_address_is_not_known() -> None:
    with pytest.raises(OSError, match="no address"):
        known_as().addresses("partner.se", 443)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.1.2.3"])
def test_this_machine_is_reached_only_where_a_setting_allows_it(host: str) -> None:
    allowing = Destinations((443,), allow_loopback=True)
    assert str(allowing.checked(f"http://{host}/hook")) == f"http://{host}/hook"
    with pytest.raises(Refused):
        Destinations((443,)).checked(f"http://{host}/hook")


@pytest.mark.parametrize("host", ["partner.se", "169.254.169.254", "10.0.0.1", "8.8.8.8"])
def test_plain_http_leads_to_this_machine_and_no_further(host: str) -> None:
    with pytest.raises(Refused):
        Destinations((80, 443), allow_loopback=True).checked(f"http://{host}/")

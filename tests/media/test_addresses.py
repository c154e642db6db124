from __future__ import annotations

import pytest

from dashboard.media.addresses import Unfit, is_public, pinned, place
from dashboard.media.models import Reason


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]
)
def test_what_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        # Wrapped: mapped, compatible, by 6to4, by NAT64, by Teredo.
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
        *("", "localhost", "1.2.3", "0x7f000001"),
    ],
)
def test_what_is_special_is_not(address: str) -> None:
    assert not is_public(address)


def test_an_address_is_taken_apart() -> None:
    found = place("https://CDN.Example.com:8443/a b/ä.png?x=1&y=%20#z")
    assert (found.scheme, found.host, found.port) == ("https", "cdn.example.com", 8443)
    assert found.target == "/a%20b/%C3%A4.png?x=1&y=%20"
    assert found.name == "cdn.example.com:8443"
    assert place("http://a.example.").name == "a.example"
    assert place("https://bücher.example/").name == "xn--bcher-kva.example"
    assert place("http://[2001:db8::1]:81/").name == "[2001:db8::1]:81"


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "//a.example/", "http://", "http://a:b/"),
        *("http://me:secret@a.example/", "http://me@a.example/", "http://[fe80::1%25eth0]/", "http://a..b/", "data:,x"),
        "http://a:0/",
    ],
)
def test_what_is_no_address_of_the_web_is_not_fetched(url: str) -> None:
    with pytest.raises(Unfit) as refused:
        place(url)
    assert refused.value.reason == Reason.NOT_PUBLIC


def test_of_a_host_with_one_private_address_none_is_used() -> None:
    where = place("https://a.example/")
    with pytest.raises(Unfit) as refused:
        pinned(where, own="127.0.0.1:8002", resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    assert refused.value.reason == Reason.NOT_PUBLIC
    assert pinned(where, own="", resolve=lambda host, port: ["8.8.8.8"]) == ["8.8.8.8"]


def test_only_the_sandboxs_own_host_and_port_may_be_on_this_machine() -> None:
    def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    assert pinned(place("http://127.0.0.1:8002/a.png"), own="127.0.0.1:8002", resolve=here) == ["127.0.0.1"]
    for url in ("http://127.0.0.1:8001/", "http://127.0.0.1/", "http://localhost:8002/"):
        with pytest.raises(Unfit):
            pinned(place(url), own="127.0.0.1:8002", resolve=here)

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from dashboard.access.requests import client_address


@pytest.mark.parametrize(
    ("proxies", "meta", "address"),
    [
        ([], {"REMOTE_ADDR": "10.0.0.7"}, "10.0.0.7"),
        ([], {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}, "10.0.0.7"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.2.3.4"}, "1.2.3.4"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.2.3.4, 10.0.0.9"}, "1.2.3.4"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "10.0.0.8"}, "10.0.0.8"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "11.0.0.7", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}, "11.0.0.7"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.7"}, "10.0.0.7"),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "1.2.3.4, <script>"}, ""),
        (["127.0.0.1"], {"REMOTE_ADDR": "::ffff:127.0.0.1", "HTTP_X_FORWARDED_FOR": "2001:db8::1"}, "2001:db8::1"),
        ([], {"REMOTE_ADDR": "2001:db8::1"}, "2001:db8::1"),
        ([], {"REMOTE_ADDR": ""}, ""),
    ],
)
def test_the_address_is_the_last_one_that_can_be_trusted(
    settings, proxies: list[str], meta: dict[str, str], address: str
) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES = True, [ip_network(proxy) for proxy in proxies]

    assert client_address(RequestFactory().get("/", **meta)) == address

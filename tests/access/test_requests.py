import pytest
from django.test import RequestFactory

from dashboard.access.requests import client_address


@pytest.mark.parametrize(
    ("https", "meta", "address"),
    [
        (False, {"REMOTE_ADDR": "10.0.0.7"}, "10.0.0.7"),
        (False, {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "1.2.3.4"}, "10.0.0.7"),
        (True, {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.2.3.4"}, "1.2.3.4"),
        (True, {"REMOTE_ADDR": "10.0.0.7"}, "10.0.0.7"),
        (True, {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "<script>"}, ""),
        (False, {"REMOTE_ADDR": "2001:db8::1"}, "2001:db8::1"),
        (False, {"REMOTE_ADDR": ""}, ""),
    ],
)
def test_the_address_is_the_last_one_that_can_be_trusted(
    settings, https: bool, meta: dict[str, str], address: str
) -> None:
    settings.HTTPS = https

    assert client_address(RequestFactory().get("/", **meta)) == address

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
import requests
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from dashboard.buckets import Bucket, read
from dashboard.media import storing
from dashboard.media.s3 import BucketStore
from dashboard.media.storing import Folder, Store

TOKEN, OTHER = "ab" * 16, "ac" * 16
KEY = ("access", "secret")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3, over HTTP on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> Bucket:
    name = f"pictures-{abs(hash(request.node.name)) % 10**9}"
    assert requests.put(f"{endpoint}/{name}", timeout=10).status_code == 200
    found = read(f"s3://{name}/in/here?endpoint={endpoint}&region=eu-central-1")
    assert found is not None
    return found


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "kept")
    return BucketStore(request.getfixturevalue("bucket"), KEY)


def whole(store: Store, token: str, name: str) -> bytes:
    size = store.size(token, name)
    assert size is not None
    return b"".join(store.read(token, name, begin=0, length=size))


def test_what_is_put_can_be_read(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "film"
    file.write_bytes(os.urandom(9_000_000))
    store.put(TOKEN, "64.webp", b"picture")
    store.put(TOKEN, "film.mp4", file)
    assert whole(store, TOKEN, "64.webp") == b"picture"
    assert whole(store, TOKEN, "film.mp4") == file.read_bytes()
    part = b"".join(store.read(TOKEN, "film.mp4", begin=5_000_000, length=3_999_999))
    assert part == file.read_bytes()[5_000_000:8_999_999]
    store.put(TOKEN, "64.webp", b"another")
    assert whole(store, TOKEN, "64.webp") == b"another"


def test_what_is_removed_is_gone_and_the_rest_stays(store: Store) -> None:
    for token in (TOKEN, OTHER):
        for name in ("64.webp", "strip.webp", "film.webm"):
            store.put(token, name, b"x")
    store.remove(TOKEN)
    store.remove(TOKEN)
    assert {store.size(TOKEN, name) for name in ("64.webp", "strip.webp", "film.webm", "320.webp")} == {None}
    assert whole(store, OTHER, "film.webm") == b"x"


def test_in_a_bucket_it_stands_below_its_folder_and_says_what_it_is(bucket: Bucket) -> None:
    BucketStore(bucket, KEY).put(TOKEN, "film.mp4", b"x")
    config = {"endpoint": bucket.endpoint, "access_key_id": "a", "secret_access_key": "b", "region": "eu-central-1"}
    raw = S3Store(bucket.name, config=config, client_options={"allow_http": True})
    assert [one["path"] for page in obstore.list(raw) for one in page] == [f"in/here/ab/{TOKEN}/film.mp4"]
    assert obstore.get(raw, f"in/here/ab/{TOKEN}/film.mp4").attributes["Content-Type"] == "video/mp4"


def test_a_bucket_that_is_not_there_is_an_error_and_no_absence(endpoint: str) -> None:
    nowhere = BucketStore(Bucket(name="nowhere", endpoint=endpoint), KEY)
    with pytest.raises(OSError):  # noqa: PT011 (which one, the server's words decide)
        nowhere.put(TOKEN, "64.webp", b"x")


def test_which_it_is_the_settings_say(settings, tmp_path: Path) -> None:
    assert isinstance(storing.store(), Folder)
    settings.MEDIA_BUCKET, settings.MEDIA_BUCKET_KEY = Bucket(name="pictures"), KEY
    assert isinstance(storing.store(), BucketStore)


def test_files_of_a_folder_are_their_owners_alone(tmp_path: Path) -> None:
    Folder(tmp_path / "kept").put(TOKEN, "64.webp", b"x")
    found = list((tmp_path / "kept").rglob("*"))
    assert len(found) == 3
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in found} == {0}


def test_what_a_killed_worker_left_is_taken_away(settings) -> None:
    left, new = (settings.MEDIA_DIR / "fetching" / name for name in ("left", "new"))
    for folder in (left, new):
        folder.mkdir(parents=True)
    os.utime(left, (time.time() - 2 * storing.LONGEST_USE,) * 2)
    with storing.workshop() as folder:
        assert {path.name for path in folder.parent.iterdir()} == {"new", folder.name}
    assert [path.name for path in new.parent.iterdir()] == ["new"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("s3://pictures", Bucket(name="pictures")),
        (
            "s3://my.pictures/a/b/?endpoint=https://s3.example.com:9000/&region=eu-1",
            Bucket(name="my.pictures", prefix="a/b", endpoint="https://s3.example.com:9000", region="eu-1"),
        ),
        *((word, None) for word in ("pictures", "https://pictures", "s3://", "s3://A", "s3://pictures#x")),
        *((f"s3://pictures?{query}", None) for query in ("key=x", "endpoint=nowhere", "endpoint=ftp://a", "endpoint")),
        ("s3://pictures?endpoint=http://me:secret@a", None),
        ("s3://key:secret@pictures", None),
    ],
)
def test_the_address_of_a_bucket(word: str, found: Bucket | None) -> None:
    assert read(word) == found

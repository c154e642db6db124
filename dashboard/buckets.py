"""Reads `MEDIA_URL`: `s3://bucket/prefix?endpoint=https://…&region=…`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

EXAMPLE = "s3://bucket/folder?endpoint=https://s3.example.com&region=eu-central-1"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    name: str
    prefix: str = ""
    endpoint: str = ""
    """Empty for Amazon's own."""
    region: str = "us-east-1"


def read(word: str) -> Bucket | None:
    """None for what is no address of a bucket."""
    try:
        parts = urlsplit(word)
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        endpoint = urlsplit(query.get("endpoint", "https://s3"))
        is_address = endpoint.scheme in {"http", "https"} and bool(endpoint.hostname) and not endpoint.username
    except ValueError:
        return None
    well_formed = parts.scheme == "s3" and re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc, re.ASCII)
    if not well_formed or not is_address or parts.fragment or query.keys() - {"endpoint", "region"}:
        return None
    return Bucket(
        name=parts.netloc,
        prefix=parts.path.strip("/"),
        endpoint=query.get("endpoint", "").rstrip("/"),
        region=query.get("region") or "us-east-1",
    )

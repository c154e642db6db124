"""What a foreign file is, by how it begins: its name and what its server says count for nothing. And what ours are."""

from __future__ import annotations

from pathlib import Path

PICTURES = {"PNG", "JPEG", "GIF", "WEBP", "AVIF"}
FILMS = {"mp4", "webm"}
TYPES = {
    "64.webp": "image/webp",
    "320.webp": "image/webp",
    "large.webp": "image/webp",
    "strip.webp": "image/webp",
    "film.mp4": "video/mp4",
    "film.webm": "video/webm",
}
"""All that is ever kept or served, and what it is served as."""
LENGTH = 64
AVIF_BRANDS = {b"avif", b"avis", b"mif1"}
FILM_BRANDS = (b"iso", b"mp4", b"avc1", b"M4V", b"qt  ", b"dash", b"MSNV", b"f4v", b"3gp", b"mmp4")


def format_of(file: Path) -> str:
    """One of `PICTURES` or `FILMS`; empty for all else."""
    with file.open("rb") as opened:
        return by_beginning(opened.read(LENGTH))


def by_beginning(begin: bytes) -> str:
    if begin.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if begin.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if begin.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return "WEBP"
    if begin[4:8] == b"ftyp":
        brand = begin[8:12]
        return "AVIF" if brand in AVIF_BRANDS else "mp4" if brand.startswith(FILM_BRANDS) else ""
    return "webm" if begin.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in begin else ""

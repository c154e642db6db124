"""What every template keeps to, read from the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = settings.BASE_DIR / "templates"
LONGEST = 120

templates = pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)


@templates
def test_it_compiles(template: Path) -> None:
    assert get_template(str(template.relative_to(TEMPLATES)))


@templates
def test_it_holds_nothing_that_the_content_security_policy_forbids(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"""\s(style|on[a-z]+|hx-on[^=\s]*)=["']""", text)
    assert not re.search(r"<style\b|<script(?![^>]*\bsrc=)", text)


@templates
def test_it_stays_short(template: Path) -> None:
    assert len(template.read_text(encoding="utf-8").splitlines()) < LONGEST


@templates
def test_a_partial_opens_by_naming_what_it_needs(template: Path) -> None:
    is_partial = template.name.startswith("_")
    opens_so = template.read_text(encoding="utf-8").startswith("{# Needs: ")
    assert opens_so or not is_partial


@pytest.mark.parametrize("folder", ["css", "js"])
def test_every_sheet_and_script_is_on_every_page(folder: str) -> None:
    base = (TEMPLATES / "base.html").read_text(encoding="utf-8")
    names = [path.name for path in (settings.BASE_DIR / "static" / folder).iterdir()]
    assert names
    assert [name for name in names if f"'{folder}/{name}'" not in base] == []

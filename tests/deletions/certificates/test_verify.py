"""`docs/verify.py`, run on files that the product made, and on such that somebody altered."""

from __future__ import annotations

import pytest

from tests.deletions.certificates.forgeries import OF_CERTIFICATES, OF_RECEIPTS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.mark.parametrize("of", ["certificate", "receipt"])
def test_what_the_product_made_holds(files, settings, of) -> None:
    key = files.write("audit_key", "\n".join(settings.AUDIT_KEYS))
    code, told = files.verify(of=of, audit_key=key)
    assert (code, told.splitlines()[-1]) == (0, "It holds."), told


@pytest.mark.parametrize("name", OF_CERTIFICATES)
def test_an_altered_certificate_is_found(files, name) -> None:
    forge, told = OF_CERTIFICATES[name]
    forge(files)
    code, said = files.verify()
    assert (code, told in said.splitlines()[-1]) == (1, True), said


@pytest.mark.parametrize("name", OF_RECEIPTS)
def test_an_altered_receipt_is_found(files, name) -> None:
    forge, told = OF_RECEIPTS[name]
    forge(files)
    code, said = files.verify(of="receipt")
    assert (code, told in said.splitlines()[-1]) == (1, True), said


def test_an_entry_that_was_written_without_the_audit_key_is_found(files, settings) -> None:
    """Without the key its hash has to be believed."""
    last = files.log[0].replace('"action":"', '"action":"x')
    files.log[0] = last
    assert files.verify()[0] == 0
    key = files.write("audit_key", "\n".join(settings.AUDIT_KEYS))
    code, said = files.verify(audit_key=key)
    assert (code, "Entry 1 of the log: it was not written" in said) == (1, True), said

"""Which certificate there is when, and what it says."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions.certificates import tree
from dashboard.deletions.models import Certificate, Deletion, DeletionItem, Inspection
from dashboard.operations import erasing, reconciling
from tests.conftest import Person
from tests.deletions.certificates.conftest import SCRIPT, close, content, downloaded
from tests.deletions.conftest import drafted, url_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def signed(person, deletion, query: str = ""):
    return json.loads(content(person, f"{url_of('certificate-json', deletion)}{query}"))["signed"]


def test_the_closing_entry_has_its_root_and_it_names_the_entry(operator, ended) -> None:
    deletion = ended(3)
    said = signed(operator, deletion)
    entry = AuditEvent.objects.get(action="deletion.closed")
    assert entry.detail["root"] == said["tree"]["root"]
    assert said["log"]["closed"] == {"sequence": entry.sequence, "hash": entry.hash}
    assert (said["outcomes"]["deleted"], said["tree"]["leaves"], said["calls"]["count"]) == (3, 3, 1)
    assert list(reconciling.differences()) == []


def test_one_that_has_not_ended_has_none(operator, images) -> None:
    draft = drafted(operator, images(1))
    for name in ("certificate", "certificate-json"):
        response = operator.get(url_of(name, draft))
        assert (response.status_code, "nothing to certify" in response.content.decode()) == (409, True)
    Deletion.objects.update(state="running")
    assert "has not ended" in operator.get(url_of("certificate", draft)).content.decode()
    Deletion.objects.update(state="finished")
    assert "being made" in operator.get(url_of("certificate", draft)).content.decode()


def test_after_an_inspection_another_one_names_the_one_before(operator, ended, tmp_path) -> None:
    deletion = ended(2)
    before = signed(operator, deletion)
    now = timezone.now()
    DeletionItem.objects.update(evidence="seen", seen_at=now)
    Inspection.objects.create(deletion=deletion, due_at=now, begun_at=now, at=now, looked_up=2, gone=2)
    Deletion.objects.update(closed_at=None, said=0)
    close()
    said = signed(operator, deletion)
    assert (said["number"], said["previous"]["number"], said["evidence"]["seen"]) == (2, 1, 2)
    assert said["tree"]["root"] != before["tree"]["root"]
    assert signed(operator, deletion, "?number=1") == before
    assert operator.get(f"{url_of('certificate-json', deletion)}?number=3").status_code == 404
    assert operator.get(f"{url_of('certificate-json', deletion)}?number=x").status_code == 400
    assert "certificate 1" in operator.get(url_of("certificate", deletion)).content.decode()
    files = downloaded(operator, deletion, folder=tmp_path)
    earlier = files.write("before.json", content(operator, f"{url_of('certificate-json', deletion)}?number=1"))
    code, told = files.verify(before=earlier)
    assert (code, "certificate 1 came before it" in told) == (0, True), told


def test_one_that_was_opened_again_before_it_was_issued_is_never_issued(ended) -> None:
    deletion = ended(1)
    Certificate.objects.update(issued_at=None)
    Deletion.objects.update(closed_at=None)
    close()
    [only] = deletion.certificates.all()
    assert only.issued_at is not None


def test_a_receipt_is_refused_while_its_item_changes(operator, ended) -> None:
    deletion = ended(1)
    item = deletion.items.get()
    address = f"{url_of('receipt', deletion)}?kind=image&task_id={item.task_id}"
    assert operator.get(address).status_code == 200
    DeletionItem.objects.update(evidence="seen", seen_at=timezone.now())
    response = operator.get(address)
    assert (response.status_code, "being looked at again" in response.content.decode()) == (409, True)


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?kind=image", 400),
        ("?kind=song&task_id=a", 400),
        ("?kind=image&task_id=a%00", 400),
        ("?kind=image&task_id=never", 404),
        ("?kind=video&task_id=abcd_1", 404),
    ],
)
def test_a_receipt_of_nothing_is_refused(operator, ended, query, status) -> None:
    assert operator.get(f"{url_of('receipt', ended(1))}{query}").status_code == status


def test_who_was_erased_is_named_by_no_certificate_and_it_holds(operator, ended, tmp_path) -> None:
    deletion = ended(2)
    assert "olga" in content(operator, url_of("certificate-json", deletion))
    User.objects.filter(username="olga").update(is_active=False)
    pseudonym, _ = erasing.erase("olga", sleep=lambda seconds: None)
    reader = Person.signed_in(UserFactory(username="reader", role="viewer"))
    text = content(reader, url_of("certificate-json", deletion))
    assert ("olga" in text, "Spring" in text, pseudonym in text) == (False, False, True)
    assert "olga" not in Certificate.objects.get().signed
    code, told = downloaded(reader, deletion, folder=tmp_path).verify()
    assert (code, f"requested_by: erased, now “{pseudonym}”" in told) == (0, True), told


def test_the_script_knows_as_large_a_tree(monkeypatch) -> None:
    """Three levels of blocks and more, which no test's deletion has."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import verify

    secret, number = bytes(32), 5000
    growing, lines = tree.Growing(secret), [f"deleted|said|-|-|+image {place}" for place in range(number)]
    for start in range(0, number, 777):
        part = lines[start : start + 777]
        growing.add(range(start, start + len(part)), part)
    root = growing.root()
    plain = {"kind": "image", "outcome": "deleted", "evidence": "said", "seen_at": None, "settled_at": None}
    items = [plain | {"task_id": str(place)} for place in range(number)]
    hashes, _ = verify.read_items(iter(items), secret)
    assert hashes["root"] == root.hex()
    blocks = [block.hash for block in growing.blocks]
    for place in (0, 255, 256, 4095, 4096, 4999):
        block, within = divmod(place, tree.BLOCK)
        leaves = tree.hashes(secret, block, lines[block * tree.BLOCK : (block + 1) * tree.BLOCK])
        receipt = {"item": items[place], "place": place}
        receipt |= {"salt": tree.salts(secret, block)[within * tree.SALT :][: tree.SALT].hex()}
        receipt |= {"path": tree.path(leaves, within, blocks, block)}
        assert list(verify.item(receipt, {"tree": {"root": root.hex(), "leaves": number}}))

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from dashboard.deletions.models.deletion import Deletion


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def issued(self) -> Self:
        return self.filter(issued_at__isnull=False)


class Certificate(models.Model):
    """What one closing entry of a deletion is about, signed. A closing makes the tree, the next tick the text.

    It names no person: people stand in it as the commitments of the audit log, so that one can be erased.
    """

    deletion: models.ForeignKey[Deletion] = models.ForeignKey(
        "Deletion", on_delete=models.CASCADE, related_name="certificates"
    )
    number = models.PositiveIntegerField()
    """1 for a deletion's first one."""
    root = models.CharField(max_length=64)
    leaves = models.PositiveIntegerField()
    salts = models.BinaryField()
    """The secret from which the items' salts follow."""
    blocks = models.BinaryField()
    """The tree's blocks: see `certificates/tree.py`."""
    issued_at = models.DateTimeField(null=True)
    signed = models.TextField(blank=True)
    """The text that is signed."""
    signature = models.CharField(max_length=128, blank=True)
    key = models.CharField(max_length=16, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["deletion", "number"], name="certificate_number")]
        indexes = [models.Index(fields=["id"], condition=models.Q(issued_at=None), name="certificate_to_issue")]

    def __str__(self) -> str:
        return f"{self.deletion_id} {self.number}"

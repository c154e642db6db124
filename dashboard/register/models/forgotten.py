"""Tasks whose words were erased for good; `models` offers these beside its own."""

from __future__ import annotations

from django.db import models

from dashboard.register.models.tasks import TrackedTask

WORDS = {"prompt": "", "urls": [], "error": ""}
"""What is erased of a task's row, and stays erased: no import and no look-up brings it back."""


class ForgottenTask(models.Model):
    """That the words of a task were erased, or are about to be. The row stays for as long as the task's."""

    # The unique constraint's index begins with the task.
    task = models.ForeignKey(TrackedTask, on_delete=models.CASCADE, db_index=False, related_name="forgettings")
    forgetting = models.UUIDField()
    """By which press. A plain uuid, since this room knows none of them."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "forgetting"], name="forgotten_once_by_each")]
        indexes = [models.Index(fields=["forgetting", "task"], name="forgotten_by_press")]

    def __str__(self) -> str:
        return f"{self.task_id} by {self.forgetting}"

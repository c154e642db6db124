"""Which tasks a selection holds: told for a filter, for some rows, and as a number. `database/marks.py` keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import BigIntegerField, ExpressionWrapper, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from dashboard.database import marks, proposals
from dashboard.database.listed import TASKS
from dashboard.register.models import Selection, SelectionBlock, TaskQuerySet, TrackedTask

MANY = 200_000
"""Of more tasks a list is walked, and each is asked whether it is one of them; fewer are looked up by their numbers."""


@dataclass(frozen=True, kw_only=True)
class Within:
    """That only what a selection holds is looked at."""

    selection: int
    many: bool

    @classmethod
    def of(cls, selection: Selection) -> Within:
        return cls(selection=selection.pk, many=selection.count > MANY)

    def condition(self) -> Q:
        if self.many:
            return each_asked(self.selection)
        return proposals.among(*marks.of(self.selection))


def held(selection: Selection, *, between: tuple[int, int] | None = None) -> Q:
    """That a task is in it; of those with numbers between two, where that is asked for."""
    if between is None:
        return proposals.among(*marks.of(selection.pk))
    first, last = between
    return proposals.among(*marks.of(selection.pk, between=between)) & Q(pk__gte=first, pk__lte=last)


def walked(selection: Selection, *, between: tuple[int, int]) -> TaskQuerySet:
    """The tasks in it with numbers between two, in their order: nearly all of many are as quickly read as all."""
    condition, values = marks.walk(selection.pk, of=TASKS, between=between)
    in_order = [f"{marks.TABLE}.block", f"{TASKS}.id"]
    return TrackedTask.objects.extra(  # nosec B610 # only names from the code, values beside them
        tables=[marks.TABLE], where=[condition], params=values, order_by=in_order
    )


def among(selection: Selection, numbers: Collection[int]) -> set[int]:
    """Those of some tasks that are in it."""
    blocks = marks.blocks(numbers)
    found = SelectionBlock.objects.filter(selection=selection, block__in=blocks).values_list("block", "bits")
    return {number for block, bits in found for number in marks.spread(block, bits & blocks[block])}


def change(selection: Selection, *, entered: Collection[int], left: Collection[int], pressed: bool = False) -> None:
    """Puts some tasks in and takes some out, of a selection that is locked; its counts follow.

    `pressed` says that they come by one press for many.
    """
    into, out = marks.blocks(entered), marks.blocks(left)
    touched = {*into, *out}
    rows = SelectionBlock.objects.filter(selection=selection, block__in=touched).values_list("block", "bits", "pressed")
    before = {block: (bits, was_pressed) for block, bits, was_pressed in rows}
    after: dict[int, tuple[int, int]] = {}
    for block in touched:
        bits, was_pressed = before.get(block, (0, 0))
        bits = (bits | into.get(block, 0)) & ~out.get(block, 0)
        after[block] = bits, was_pressed | (into.get(block, 0) if pressed else 0)
    changed = {block: row for block, row in after.items() if row != before.get(block, (0, 0))}
    SelectionBlock.objects.bulk_create(
        [
            SelectionBlock(selection=selection, block=block, bits=bits, pressed=was_pressed)
            for block, (bits, was_pressed) in sorted(changed.items())
        ],
        update_conflicts=True,
        unique_fields=["selection", "block"],
        update_fields=["bits", "pressed"],
        batch_size=5000,
    )
    for block, (bits, was_pressed) in changed.items():
        old_bits, old_pressed = before.get(block, (0, 0))
        selection.count += bits.bit_count() - old_bits.bit_count()
        selection.excluded += (was_pressed & ~bits).bit_count() - (old_pressed & ~old_bits).bit_count()


def add(selection: Selection, tasks: QuerySet[TrackedTask]) -> None:
    marks.mark(selection.pk, numbers(tasks))
    selection.count, selection.excluded = marks.counted(selection.pk)


def remove(selection: Selection, found: marks.Numbers) -> None:
    marks.unmark(selection.pk, found)
    selection.count, selection.excluded = marks.counted(selection.pk)


def numbers(tasks: QuerySet[TrackedTask]) -> marks.Numbers:
    statement, parameters = tasks.order_by().values("id").query.sql_with_params()
    return statement, list(parameters)


def each_asked(selection: int, *, of: str = "bits") -> Q:
    """That a task is in it, told for each that is looked at anyway."""
    block = ExpressionWrapper(OuterRef("pk") / marks.WIDTH, output_field=BigIntegerField())
    place = Cast(OuterRef("pk") % marks.WIDTH, IntegerField())
    # The stubs know shifts by numbers only.
    shifted = F(of).bitrightshift(place)  # type: ignore[arg-type]
    bit = ExpressionWrapper(shifted.bitand(1), output_field=BigIntegerField())
    found = SelectionBlock.objects.filter(selection=selection, block=block).values(bit=bit)
    return Q(Exact(Subquery(found, output_field=BigIntegerField()), 1))

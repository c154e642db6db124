"""Forms that narrow a list: each of their fields says by itself what is wrong with it."""

from __future__ import annotations

from typing import cast

from django import forms


class FilterField(forms.BoundField):
    """Described by the zone beside its label, and by the sentence that says why it can't be used."""

    @property
    def aria_describedby(self) -> str | None:
        about = [f"{self.auto_id}_zone"] if getattr(self.field, "in_zone", False) else []
        about += [f"{self.auto_id}_error"] if self.errors else []
        return " ".join(about) or None

    @property
    def wrong(self) -> str:
        return cast(FilterForm, self.form).wrong(self.name) if self.errors else ""


class FilterForm(forms.Form):
    bound_field_class = FilterField

    def wrong(self, name: str) -> str:
        """One sentence: what is wrong with this field, and what it takes."""
        return f"{self.fields[name].label}: {' '.join(map(str, self.errors[name]))}"

    @property
    def sentence(self) -> str:
        """What is wrong, field by field; empty when nothing is."""
        return " ".join(self.wrong(name) for name in self.errors)

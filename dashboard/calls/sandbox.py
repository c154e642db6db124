"""The local provider, for the rooms above: it replaces an account where there is none."""

from tensorslab_api.sandbox import serve

__all__ = ["serve"]

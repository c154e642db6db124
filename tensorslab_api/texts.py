"""The greatest lengths of foreign texts. TensorsLab documents none, so these limits are ours.

A longer text is cut, and then ends with an ellipsis. Cutting it again changes nothing.
"""

LONGEST_PROMPT = 20_000
"""Characters, some ten pages. It applies to files and look-ups, so that a task is the same from either."""
LONGEST_TEXT = 2000
"""Characters of a message, and of the reason of a failed generation."""
LONGEST_URL = 4000
"""A longer one is left out: an address that is cut leads to another place."""
MOST_URLS = 100
"""Addresses of one task."""


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_cut(text: str, limit: int) -> bool:
    """Whether the text was cut to this limit, or would be."""
    return len(text) > limit or (len(text) == limit and text.endswith("…"))

"""How long foreign texts may be. TensorsLab documents no length of any, so these bounds are ours.

What is longer is cut there and ends with an ellipsis. To cut it once more changes nothing.
"""

LONGEST_PROMPT = 20_000
"""Characters, some ten pages. Files are held to it as look-ups are, so that a task is the same from either."""
LONGEST_TEXT = 2000
"""Of a message, and of why a generation failed."""
LONGEST_URL = 4000
"""A longer one is left out: an address that is cut leads elsewhere."""
MOST_URLS = 100
"""Of one task."""


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_cut(text: str, limit: int) -> bool:
    """Whether it was cut to this limit, or would be."""
    return len(text) > limit or (len(text) == limit and text.endswith("…"))

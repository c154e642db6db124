"""The longest texts that are stored, from `tensorslab_api`: files have the same limits as look-ups."""

from tensorslab_api.texts import LONGEST_PROMPT, LONGEST_TEXT, LONGEST_URL, MOST_URLS, cut, is_cut

__all__ = ["LONGEST_PROMPT", "LONGEST_TEXT", "LONGEST_URL", "MOST_URLS", "cut", "is_cut"]

"""How long foreign texts may be, in the words of `tensorslab_api`: files are held to what look-ups are."""

from tensorslab_api.texts import LONGEST_PROMPT, LONGEST_TEXT, LONGEST_URL, MOST_URLS, cut, is_cut

__all__ = ["LONGEST_PROMPT", "LONGEST_TEXT", "LONGEST_URL", "MOST_URLS", "cut", "is_cut"]

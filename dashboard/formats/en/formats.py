"""How Django itself writes moments, which is on the admin's pages: they name their offset, as ours do."""

DATETIME_FORMAT = "j M Y, H:i \\U\\T\\CO"
SHORT_DATETIME_FORMAT = DATETIME_FORMAT

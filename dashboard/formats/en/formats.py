"""Date formats of Django's own pages, the admin: they show the offset, as ours do."""

DATETIME_FORMAT = "j M Y, H:i \\U\\T\\CO"
SHORT_DATETIME_FORMAT = DATETIME_FORMAT

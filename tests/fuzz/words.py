"""Values and names that have broken programs before."""

from __future__ import annotations

MARK = "zq7x"
"""Stands in what would be SQL, were it not a value: no statement may hold it."""

NUMBERS = ["0", "-0", "-1", "1e9", "0x10", "1_000", "1.5", "NaN", "9" * 18, "9" * 19, "9" * 400, "-" + "9" * 30]
DIGITS = ["٣", "１２", "१२३", "²", "a٣.١", "٢٠٢٦-٠١-٠١", "older-٣"]
"""Of other scripts: Python takes most of them for numbers."""
DAYS = ["2026-01-31", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-1-5", "-30d"]
CURSORS = ["a0.0", "ax.1", "bx.0", "a-999999999999999999.1", f"b{'9' * 18}.{'9' * 18}", "a253402300799999999.1"]
MARKS = ["newer-" + "9" * 18, "older-1", "refused-1", "deleted-" + "9" * 18, "b-62135596800000000.0"]
CONTROLS = ["\0", "a\0b", "\r\nSet-Cookie: a=b", "\x1b[31m", "\ufeff", "\u202e", "\u2028", "\uffff", "\ud800"]
LETTERS = ["İ", "ß", "ǅ", "ﬁ", "e" + "\u0301" * 300, "👩\u200d👩\u200d👧", "𝒜", "\U0010ffff", "\udfff\ud800"]
SQL = [f"'{MARK}", f'"{MARK}', f"{MARK}') OR ('1'='1", f"{MARK}; --", f"{MARK}%", f"{MARK}_\\", f"\\{MARK}", f"`{MARK}"]
FORMATS = ["%s", "%(a)s", "{0}", "{{7*7}}", "$$", "${a}", "=1+1", "null", "true", "[]", '{"a": {"a": []}}']
SEARCHES = ['"', '"open', "-", "-a", "OR", "a OR", "NEAR(a b)", "a*", "*", "^a", "prompt:a", "(", "[a", "?", '""']
PATHS = ["/", "//", ".", "..", "../../etc/passwd", "a/b", "a/../b", "%2e%2e%2f", "%00", "%", "//evil.example"]
MARKUP = ["<script>alert(1)</script>", "javascript:alert(1)", "&amp;", "'\"><b>", "</textarea>"]
HEADS = [
    "a\"; filename*=hex''b",
    "a\"; name*=undefined''b",
    "a\"; name*=utf-16''%d8%00",
    'a"\r\nContent-Transfer-Encoding: base64',
]
"""Of a part of a multipart body, which begins with a quotation mark."""
LONG = ["a" * 5_000, "'" * 5_000, "a " * 3_000, "🙂" * 2_000, "1," * 5_000, ("-" + "9" * 17 + ",") * 300]
ACTIONS = ["", " ", "on", "all", "update", "clear", "newer", "sort", "live", "dialog"]
WORDS = [
    *(NUMBERS + DIGITS + DAYS + CURSORS + MARKS + CONTROLS + LETTERS),
    *(SQL + FORMATS + SEARCHES + PATHS + MARKUP + HEADS + LONG + ACTIONS),
]

HTMX = ["HX-Target", "HX-Trigger", "HX-Current-URL", "HX-Prompt", "HX-Boosted", "HX-History-Restore-Request"]
HTMX_ENCODED = ["HX-Trigger-Name", "HX-Current-URL-URI-AutoEncoded", "HX-Trigger-URI-AutoEncoded", "Triggering-Event"]
ORIGINS = ["Referer", "Origin", "Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"]
PEOPLE = ["X-Real-IP", "X-CSRFToken", "X-Method-Override", "Authorization", "X-Requested-With", "Remote-User"]
CACHES = ["If-Modified-Since", "If-None-Match", "If-Match", "Range", "Date", "Expect"]
READERS = ["Accept", "Accept-Language", "Accept-Encoding", "User-Agent", "Content-Encoding", "Transfer-Encoding"]
HEADERS = [*HTMX, *HTMX_ENCODED, *ORIGINS, *PEOPLE, *CACHES, *READERS]

CHARSETS = ["utf-8", "latin-1", "utf-7", "utf-16", "hex", "rot13", "idna", "undefined", "unicode_escape", "none", "\0"]
TYPES = ["application/json", "text/plain", "text/html", "application/xml", "multipart/form-data", "x", "a/b; =", ""]
METHODS = ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
COOKIES = ["sessionid", "csrftoken", "import_pass", "messages", "django_language", "other"]

"""The product's settings, cut off from the `.env` and the variables of whoever runs the tests."""

import os
import tempfile
from pathlib import Path

# Kept until the process ends: database file, secret and collected files of this run alone. In memory where there is
# such a folder: every commit waits for its disk.
_memory = Path("/dev/shm")
_var = tempfile.TemporaryDirectory(
    prefix="tensorslab-tasks-test-", dir=_memory if os.access(_memory, os.W_OK) else None, ignore_cleanup_errors=True
)
_ours = (
    "TENSORSLAB_",
    "DELETION_",
    "TASKS_",
    "SECRET_",
    "ADMIN_",
    "AUDIT_",
    "CERTIFICATE_",
    "AWS_",
    "MEDIA_",
    "REFRESH_",
    "SAMPLE_",
    "SANDBOX_",
    "PORT",
    "HTTPS",
    "TIME_ZONE",
    "TRUSTED_",
    "DEBUG",
    "ALLOWED_",
    "OIDC_",
    "REQUIRE_",
    "REMOTE_",
)
for _name in [name for name in os.environ if name.startswith(_ours)]:
    del os.environ[_name]
os.environ |= {
    "ENV_FILE": os.devnull,
    "VAR_DIR": _var.name,
    # Also of those processes that have a folder of their own.
    "AUDIT_KEY": "the key of all processes that a test starts",
    # Nobody listens there. A test that talks to a provider asks for the `sandbox` fixture.
    "TENSORSLAB_API_URL": "http://127.0.0.1:9",
    "TENSORSLAB_API_KEY": "test-key",
    # Workers look nothing up by themselves: tests count calls. Those of refreshing ask for it.
    "REFRESH_CALLS_PER_MINUTE": "0",
}

from dashboard.settings import *  # noqa: E402, F403
from dashboard.settings import DATABASES, STATIC_ROOT, STORAGES, VAR_DIR  # noqa: E402

# Nothing is collected, and whitenoise warns of a folder that is missing.
STATIC_ROOT.mkdir()

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and worker processes see the same rows as the test.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    # A test is a transaction in which a slow machine may work for longer between two statements than a page ever does.
    DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=120s"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

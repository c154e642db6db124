"""Django settings. Every variable is described in README.md; `env.py` reads and checks them."""

from __future__ import annotations

import os
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

from dashboard import database_url, sign_in_variables
from dashboard.env import Env, Mistyped, generated_secret, is_exposed, private_folder

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# Files that our processes write are for their own user only.
os.umask(0o077)

try:
    env = Env(Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env"))
    VAR_DIR = private_folder(Path(env.text("VAR_DIR") or BASE_DIR / "var").absolute())

    TENSORSLAB_API_KEY = env.header("TENSORSLAB_API_KEY")
    SANDBOX_PORT = env.whole("SANDBOX_PORT", 8001, low=1, high=65535)
    # Another origin than the provider's, as it is with the real one.
    SANDBOX_MEDIA_PORT = env.whole("SANDBOX_MEDIA_PORT", min(SANDBOX_PORT + 1, 65535), low=1, high=65535)
    # With neither a key nor an address there is no account to delete from: the sandbox replaces it.
    SANDBOX = not TENSORSLAB_API_KEY and not env.text("TENSORSLAB_API_URL")
    if SANDBOX:
        TENSORSLAB_API_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
        TENSORSLAB_API_KEY = "sandbox"
    else:
        TENSORSLAB_API_URL = env.url("TENSORSLAB_API_URL", "https://api.tensorslab.com")
    TENSORSLAB_AUTH_SCHEME = env.text("TENSORSLAB_AUTH_SCHEME", "Bearer")
    if not TENSORSLAB_AUTH_SCHEME.isascii() or not TENSORSLAB_AUTH_SCHEME.isalnum():
        raise Mistyped(f"TENSORSLAB_AUTH_SCHEME is “{TENSORSLAB_AUTH_SCHEME}”. Use one word, or none for the bare key.")
    TENSORSLAB_UID = env.text("TENSORSLAB_UID")
    TENSORSLAB_BATCH_SIZE = env.whole("TENSORSLAB_BATCH_SIZE", 100, low=1, high=10_000)
    TENSORSLAB_CONCURRENCY = env.whole("TENSORSLAB_CONCURRENCY", 4, low=1, high=64)
    TENSORSLAB_TIMEOUT = env.seconds("TENSORSLAB_TIMEOUT", 30, low=0.1, high=40)

    DELETION_GRACE_SECONDS = env.seconds("DELETION_GRACE_SECONDS", 10, low=0, high=86_400)
    DELETION_TYPED_ABOVE = env.whole("DELETION_TYPED_ABOVE", 20, low=0, high=1_000_000_000)
    DELETION_APPROVAL_ABOVE = env.optional_whole("DELETION_APPROVAL_ABOVE", low=0, high=1_000_000_000)
    DELETION_REAUTH_ABOVE = env.optional_whole("DELETION_REAUTH_ABOVE", low=0, high=1_000_000_000)
    DELETION_APPROVAL_RULES = env.rules("DELETION_APPROVAL_RULES", ("young", "others", "unusual"))
    DELETION_APPROVAL_HOURS = env.whole("DELETION_APPROVAL_HOURS", 48, low=1, high=8760)
    DELETION_VERIFY = env.choice("DELETION_VERIFY", "sample", ("sample", "all", "none"))
    DELETION_CANARY = env.whole("DELETION_CANARY", 20, low=0, high=10_000)
    DELETION_INSPECT_AFTER = env.durations("DELETION_INSPECT_AFTER", "10m,24h", most=timedelta(days=366))
    DELETION_MAX_ATTEMPTS = env.whole("DELETION_MAX_ATTEMPTS", 8, low=1, high=100)
    DELETION_REFUSED_PERCENT = env.whole("DELETION_REFUSED_PERCENT", 50, low=0, high=100)

    REFRESH_CALLS_PER_MINUTE = env.whole("REFRESH_CALLS_PER_MINUTE", 30, low=0, high=100_000)

    SANDBOX_MEDIA_URL = f"http://127.0.0.1:{SANDBOX_MEDIA_PORT}" if SANDBOX else ""
    MEDIA_HOSTS = env.hosts("MEDIA_HOSTS")
    MEDIA_DIR = Path(env.text("MEDIA_DIR") or VAR_DIR / "media").absolute()
    # Not MEDIA_URL, which Django has a meaning for.
    MEDIA_BUCKET = env.bucket("MEDIA_URL")
    MEDIA_BUCKET_KEY = env.text("AWS_ACCESS_KEY_ID"), env.secret("AWS_SECRET_ACCESS_KEY")
    MEDIA_CALLS_PER_MINUTE = env.whole("MEDIA_CALLS_PER_MINUTE", 60, low=0, high=100_000)
    MEDIA_KEEP_DAYS = env.whole("MEDIA_KEEP_DAYS", 365, low=0, high=36_500)
    MEDIA_KEEP_ORIGINALS_MB = env.whole("MEDIA_KEEP_ORIGINALS_MB", 64, low=0, high=200)

    API_CALLS_PER_MINUTE = env.whole("API_CALLS_PER_MINUTE", 600, low=1, high=1_000_000)
    TASKS_PER_PAGE = env.whole("TASKS_PER_PAGE", 50, low=1, high=200)
    SAMPLE_TASKS = env.whole("SAMPLE_TASKS", 2000, low=0, high=10_000_000)
    PORT = env.whole("PORT", 8000, low=1, high=65535)
    BIND = env.text("BIND", "127.0.0.1")
    ports = {"PORT": PORT, "SANDBOX_PORT": SANDBOX_PORT, "SANDBOX_MEDIA_PORT": SANDBOX_MEDIA_PORT}
    if SANDBOX and (both := [name for name, port in ports.items() if [*ports.values()].count(port) > 1]):
        raise Mistyped(f"{both[0]} and {both[1]} are both {ports[both[0]]}. Set one of them to another.")
    ADMIN_USERNAME = env.text("ADMIN_USERNAME", "admin")
    ADMIN_PASSWORD = env.text("ADMIN_PASSWORD")

    TIME_ZONE = env.zone("TIME_ZONE", "UTC")
    READ_ONLY = env.flag("READ_ONLY")
    DEBUG = env.flag("DEBUG")
    HTTPS = env.flag("HTTPS")
    TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
    REQUIRE_SECOND_FACTOR = sign_in_variables.roles(env, "REQUIRE_SECOND_FACTOR")
    OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLES = sign_in_variables.openid(env)
    REMOTE_USER_HEADER = sign_in_variables.remote_user_header(env)
    SECRET_KEY = env.secret("SECRET_KEY") or generated_secret(VAR_DIR / "secret_key")
    AUDIT_KEYS = (env.secret("AUDIT_KEY") or generated_secret(VAR_DIR / "audit_key")).split()
    CERTIFICATE_KEY = env.secret("CERTIFICATE_KEY") or generated_secret(VAR_DIR / "certificate_key")
    AUDIT_ANCHOR = env.anchor("AUDIT_ANCHOR")
    ALLOWED_HOSTS = [
        host.strip() for host in env.text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host.strip()
    ]
    # Sample rows must never meet a real account, so each has a file of its own.
    DATABASES = {
        "default": database_url.of(
            env.text("DATABASE_URL"), VAR_DIR / ("sandbox.sqlite3" if SANDBOX else "register.sqlite3")
        )
    }
    EXPOSED_SECRETS = [*env.exposed, *([VAR_DIR] if is_exposed(VAR_DIR) else [])]
except Mistyped as mistyped:
    sys.exit(str(mistyped))

INSTALLED_APPS = [
    # Before Django's own: its commands `changepassword` and `createsuperuser` write to the audit log.
    "dashboard.access",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "django_htmx",
    "template_partials",
    "django_tasks",
    "django_tasks_db",
    "dashboard.audit",
    "dashboard.calls",
    "dashboard.register",
    "dashboard.media",
    "dashboard.deletions",
    "dashboard.rules",
    "dashboard.operations",
]

MIDDLEWARE = [
    "dashboard.access.middleware.StrictHeadersMiddleware",
    "dashboard.access.tokens.middleware.CallMiddleware",
    "dashboard.access.middleware.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "dashboard.access.middleware.BodyLengthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.access.signing_in.proxy.RemoteUserMiddleware",
    "dashboard.access.tokens.middleware.TokenMiddleware",
    "dashboard.access.middleware.TimeZoneMiddleware",
    "dashboard.access.middleware.SignInMiddleware",
    "dashboard.access.read_only.ReadOnlyMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.access.context.page",
            ],
            "builtins": ["django.contrib.humanize.templatetags.humanize", "dashboard.pages.tags"],
        },
    },
]

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTHENTICATION_BACKENDS = ["dashboard.access.backends.RolesBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "task-list"
LOGOUT_REDIRECT_URL = "login"
# Of allauth there are second factors, and sign-ins of several steps; no mail, no registration, none of its addresses.
ACCOUNT_ADAPTER = "dashboard.access.signing_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "dashboard.access.signing_in.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "TensorsLab tasks"
# A telephone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "dashboard.access.signing_in.adapters.IssuerAdapter"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = "dashboard.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Without collected files (DEBUG, tests) whitenoise serves straight from `static/`.
WHITENOISE_USE_FINDERS = True

SESSION_ENGINE = "dashboard.access.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# Load balancers request these over plain HTTP, and they reveal nothing secret.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "dashboard.pages.refusals.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if HTTPS and host != "*"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name}: {message}",
            "datefmt": "%Y-%m-%d %H:%M:%S%z",
            "style": "{",
        }
    },
    "filters": {"one-time": {"()": "dashboard.access.one_time.HidesLinks"}},
    "loggers": {
        "django.request": {"filters": ["one-time"]},
        # It would tell of each look into its queue.
        "django_tasks_db": {"level": "WARNING"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

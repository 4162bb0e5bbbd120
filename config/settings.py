"""All settings. Nothing set: a working demonstration on SQLite with the offline Stripe. SITE_MODE=live: a real site."""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ

from config import mail, production, retention_days, secret_file
from staff import file_kinds

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Hosts, ports, mode -----------------------------------------------------------------------------------
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
SITE_MODE = env.str("SITE_MODE", default="demo")
if SITE_MODE not in ("demo", "live"):
    raise environ.ImproperlyConfigured("SITE_MODE is neither demo nor live: set it to one of them.")
LIVE = SITE_MODE == "live"
if not LIVE:
    secret_file.ensure(DATA_DIR / "secrets.env")
for name in ("secrets.env", "last_start.env"):  # the second: the ports of the last start, for manage.py
    if (DATA_DIR / name).exists():
        environ.Env.read_env(str(DATA_DIR / name), overwrite=False)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PORT = production.port("PORT", env.str("PORT", default="8000"))
BASE_URL = env.str("BASE_URL", default=f"http://localhost:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
HOST = urlsplit(BASE_URL).hostname or "localhost"
# localhost and 127.0.0.1 both reach the demonstration; passkeys work on the name only.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[HOST] if LIVE else ["localhost", "127.0.0.1"])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # how many proxies of ours append to X-Forwarded-For
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Stripe -----------------------------------------------------------------------------------------------
STRIPE_API_VERSION = "2026-10-28.endive"
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_OFFLINE = not STRIPE_SECRET_KEY
if STRIPE_OFFLINE:
    SANDBOX_PORT = production.port("SANDBOX_PORT", env.str("SANDBOX_PORT", default=str(PORT + 1)))
    STRIPE_SECRET_KEY = env.str("SANDBOX_SECRET_KEY", default="")
    STRIPE_API_BASE = env.str("STRIPE_API_BASE", default=f"http://localhost:{SANDBOX_PORT}")
    STRIPE_WEBHOOK_SECRETS = env.list("SANDBOX_WEBHOOK_SECRET", default=[])
    STRIPE_PAGE_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(STRIPE_API_BASE))]
else:
    STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
    STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
    STRIPE_PAGE_ORIGINS = ["https://checkout.stripe.com", "https://billing.stripe.com"]

# --- Apps and middleware ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "foundation.append_only",
    "foundation.organisation",
    "foundation.jobs",
    "foundation.letters",
    "foundation.access",
    "foundation.drawing",
    "foundation.page_store",
    "staff",
    "supporters",
    "awareness",
    "donations",
    "pledges",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.locales",
    "wagtail.contrib.simple_translation",
    "wagtail.sites",
    "staff.apps.StaffUsersConfig",  # wagtail.users, with our forms
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
]
MIDDLEWARE = [
    "config.short_way.ShortWay",  # what programs call goes past all the others
    "config.security.Headers",
    "django.middleware.security.SecurityMiddleware",
    "config.security.Policy",  # CSP. Before WhiteNoise: an SVG that is opened by itself is a document too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.compression.Compression",
    "config.security.BodyLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.languages.FromAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "staff.gate.StaffGate",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
ROOT_URLCONF, WSGI_APPLICATION = "config.urls", "config.wsgi.application"
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
                "foundation.organisation.context.site",
            ],
        },
    }
]

# --- Database and files -----------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a write lock is taken at the start, so that no transaction fails half way
    "timeout": 20,
    # FULL: a commit that was reported is on disk. This database holds money.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
# s, ms: a dead line holds no thread for minutes, also one on which we wait for an answer
POSTGRES_OPTIONS = {"connect_timeout": 10, "tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5}
POSTGRES_OPTIONS |= {"prepare_threshold": 2}  # for statements of foundation/prepared/cursors.py alone
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'road_out.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    secret_file.private(Path(DATABASES["default"]["NAME"]))
    # Tests use a file as well: in memory, threads would lock each other out in ways that no site knows.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["OPTIONS"] = POSTGRES_OPTIONS | DATABASES["default"].get("OPTIONS", {})
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL, STATIC_ROOT, STATICFILES_DIRS = "/static/", DATA_DIR / "static", [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
RETENTION = retention_days.DAYS
PREFILL, PURGE_COMMAND = env.bool("PREFILL", default=True), env.str("PURGE_COMMAND", default="")  # docs/deploy.md
MEDIA_URL, MEDIA_ROOT = "/media/", DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # the largest form of ours is a few kilobytes; Stripe's events too
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # Wagtail's page editor sends many

# --- Language and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Each named in itself, the first without a prefix. Spanish says that no speaker has read it until staff enter who did.
LANGUAGES = [("en", "English"), *([("es", "Español")] if env.bool("SPANISH", default=True) else [])]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
LOCALE_PATHS, FORMAT_MODULE_PATH = [BASE_DIR / "locale"], "config.formats"
WAGTAIL_I18N_ENABLED = len(LANGUAGES) > 1
TIME_ZONE = "UTC"  # stored and computed in UTC; people see the organisation's own zone

# --- Authentication ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = ACCOUNT_LOGOUT_REDIRECT_URL = WAGTAILADMIN_LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
ACCOUNT_ADAPTER = "staff.adapter.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # staff accounts are made by staff
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser; staff/gate.py ends it earlier
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a letter when a password or factor changed
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no letter to an address that is no account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # they lock out a colleague from afar; instead: staff/lockout.py
ACCOUNT_FORMS = {
    "login": "staff.forms.LoginForm",
    "change_password": "staff.forms.ChangePasswordForm",
    "reset_password": "staff.forms.ResetPasswordForm",
}
# Django's own: allauth's writes a row on each look at a link. What is mailed to an account is for its owner to prove.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
MFA_ADAPTER = "staff.adapter.StaffMFAAdapter"
MFA_FORMS = {
    "authenticate": "staff.forms.SignInCodeForm",
    "reauthenticate": "staff.forms.ConfirmCodeForm",
    "activate_totp": "staff.forms.ActivateAppForm",
    "login_webauthn": "staff.passkeys.SignInAnswer",
    "authenticate_webauthn": "staff.passkeys.SecondStepAnswer",
    "reauthenticate_webauthn": "staff.passkeys.ConfirmAnswer",
}
MFA_TOTP_TOLERANCE = 1  # clock skew: a phone may be half a minute off; staff/forms.py lets each code work once
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up: staff/account_sync.py
MFA_TOTP_ISSUER = "Road Out"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost counts as secure for browsers

# --- Cookies and headers (the policies themselves: config/security.py) -------------------------------------
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (f"{'__Host-' if HTTPS else ''}{name}" for name in ("sessionid", "csrftoken"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_AGE = None  # gone with the browser: it must not show for a year that a form was opened here
CSRF_FAILURE_VIEW = "config.csrf_retry.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS and env.bool("HTTPS_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^stripe/webhook/$"]
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
# Subdomains and preloading cannot be taken back for months, so the owner says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_CROSS_ORIGIN_OPENER_POLICY, X_FRAME_OPTIONS = "same-origin", "DENY"
SECURE_REFERRER_POLICY = "same-origin"  # config/security.py narrows it on pages without a form
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the two HSTS extras above: the owner's decision
if not LIVE:
    # The demonstration speaks http on this machine alone: no HSTS, no redirect to https, no Secure cookies.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

# --- E-mail -----------------------------------------------------------------------------------------------
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="")  # "postmark", "mailgun": by its API, docs/deploy.md
EMAIL_URL_SET = bool(EMAIL_URL or EMAIL_PROVIDER)
EMAIL_WEBHOOK_SECRET = env.str("EMAIL_WEBHOOK_SECRET", default="")
DEMO_LETTERS_KEY = env.str("DEMO_LETTERS_KEY", default="")
if EMAIL_PROVIDER:
    if find_spec("anymail") is None:
        raise environ.ImproperlyConfigured("EMAIL_PROVIDER is set: install requirements-mail.txt too, or unset it.")
    INSTALLED_APPS.append("anymail")
    ANYMAIL = {**env.dict("EMAIL_PROVIDER_SETTINGS", default={}), "REQUESTS_TIMEOUT": 20}
    if EMAIL_WEBHOOK_SECRET:
        ANYMAIL["WEBHOOK_SECRET"] = EMAIL_WEBHOOK_SECRET
if EMAIL_URL:
    vars().update(mail.server(EMAIL_URL, env.int("EMAIL_TIMEOUT", default=20)))
elif EMAIL_PROVIDER:
    EMAIL_BACKEND = "foundation.letters.provider.Backend"
else:
    EMAIL_BACKEND = "foundation.letters.backend.KeptInTheOutbox"
LETTERS_PER_MINUTE = env.int("LETTERS_PER_MINUTE", default=0)  # throttle for the mail server's limit; 0: none
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"letters@{HOST}")

# --- Wagtail ----------------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "awareness.deduplicated_tasks.Backend"}}
WAGTAIL_SITE_NAME, WAGTAILADMIN_BASE_URL = "Road Out", BASE_URL
# allauth's pages do both, behind the second factor.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False  # people choose their own, by an invitation's link
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # the address is the sign-in name; an administrator changes it
# Names that browsers know: this machine's own "localtime" and the like stop the script of the account page.
WAGTAIL_USER_TIME_ZONES = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # no request to third parties, in the panel either
WAGTAIL_ENABLE_UPDATE_CHECK = WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_MAX_UPLOAD_SIZE = 300 * 1024 * 1024  # a film or an episode; staff alone upload
WAGTAILDOCS_EXTENSIONS = file_kinds.ENDINGS  # nothing that a browser would run: no HTML, no SVG
WAGTAILDOCS_DOCUMENT_FORM_BASE = "staff.uploads.DocumentForm"
WAGTAILIMAGES_IMAGE_FORM_BASE = "staff.uploads.PictureForm"

# --- Logs: one line each, UTC, no address, no name, no e-mail ----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
        "django_tasks": {"level": "WARNING"},  # two lines for each row that search learns of
        **{name: {"level": "WARNING"} for name in ("stripe", "pikepdf")},  # two lines for each call, one at each start
        "wagtail": {"level": "WARNING"},  # what editors do is in the panel's own history
    },
}

os.environ.setdefault("STRIPE_SUPPRESS_NOTICES", "true")
(production.refuse_unsafe if LIVE else production.refuse_live_key)(globals())

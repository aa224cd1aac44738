"""Every setting of the product, read from the environment. A bad value fails with the variable's name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from redis.backoff import NoBackoff
from redis.retry import Retry

from s2sadmin.csp import STRICT
from s2sadmin.embedded.locations import broker_url, default_database_url, default_redis_url
from s2sadmin.environment import Environment
from s2sadmin.keys import keys_from_file

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
environ.Env.read_env(BASE_DIR / ".env")
# Keys and the embedded servers' files.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))

# --- Django -----------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or keys_from_file(DATA_DIR / "secret_key", length=48)[0]
# Where people and senders reach this installation; https here is what makes it a production one.
PUBLIC_URL = env.web_url("PUBLIC_URL", default="http://127.0.0.1:8000")
_public = urlsplit(PUBLIC_URL)
_https = _public.scheme == "https"
_loopback = ["127.0.0.1", "localhost", "[::1]", "testserver"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[*_loopback, _public.hostname])
ROOT_URLCONF = "s2sadmin.urls"
WSGI_APPLICATION = "s2sadmin.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "s2sadmin.formats"
USE_I18N = False

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "delivery",
    "webhooks",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "s2sadmin.csp.PolicyByPath",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_in_session.SessionAge",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

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
            ],
        },
    },
]

# --- PostgreSQL and Valkey --------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=default_database_url(DATA_DIR))}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["application_name"] = "s2sadmin"
# A server that vanished without a word is noticed; the URL's own parameters win.
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 15_000} | DATABASES["default"][
    "OPTIONS"
]
REDIS_URL = env.str("REDIS_URL", default=default_redis_url(DATA_DIR))
DOORBELL_URL = REDIS_URL
CACHES = {
    # Sign-in guesses, used codes and API requests are counted here: in Valkey while it answers.
    "default": {"BACKEND": "s2sadmin.shared_cache.SharedCache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "s2sadmin",
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25, "retry": Retry(NoBackoff(), 0)},
    },
}

# --- Celery: a doorbell, never a store --------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=broker_url(REDIS_URL))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30, "health_check_interval": 25}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "delivery.deliver", "schedule": 1.0, "options": {"expires": 1}},
    "endings": {"task": "delivery.end", "schedule": 5.0, "options": {"expires": 5}},
    "partitions": {"task": "integrations.keep_partitions", "schedule": 3600.0, "options": {"expires": 600}},
    "retention": {"task": "integrations.erase_expired", "schedule": 600.0, "options": {"expires": 300}},
    "counts": {"task": "integrations.fold_counts", "schedule": 5.0, "options": {"expires": 5}},
    "replays": {"task": "integrations.replay", "schedule": 1.0, "options": {"expires": 1}},
    "webhook-notices": {"task": "webhooks.send_notices", "schedule": 60.0, "options": {"expires": 60}},
    "recoveries": {"task": "webhooks.recover", "schedule": 10.0, "options": {"expires": 10}},
    "message-partitions": {
        "task": "webhooks.keep_partitions",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "old-rows": {"task": "accounts.drop_old", "schedule": 3600.0, "options": {"expires": 600}},
}

# --- Delivery ---------------------------------------------------------------------------------------
LANE_OWNERS = [
    "integrations.services.lanes.DestinationLanes",
    "webhooks.services.lanes.SubscriptionLanes",
]
SENDING_SWITCH = "integrations.services.switches.may_send"
# Ranges of private addresses that requests may reach all the same (the demo run allows loopback).
DELIVERY_ALLOWED_NETWORKS = env.networks("DELIVERY_ALLOWED_NETWORKS")
# Where destinations in sandbox mode send instead of the vendor; empty means that sandbox mode is refused.
SANDBOX_URL = env.web_url("SANDBOX_URL", default="")
# The first wait after a failure is at most this long; later ones grow six times each (delivery.core.retry).
DELIVERY_RETRY_BASE_S = env.number("DELIVERY_RETRY_BASE_S", default=10.0)
# Seconds a claimed delivery belongs to its worker; longer than any request's deadline.
DELIVERY_LEASE_S = env.whole("DELIVERY_LEASE_S", default=60, least=15)

# --- Webhooks ---------------------------------------------------------------------------------------
# The signature stands in <prefix>-Signature, its time in <prefix>-Timestamp.
WEBHOOK_HEADER_PREFIX = env.str("WEBHOOK_HEADER_PREFIX", default="X-MetaRouter")
# The public addresses that requests come from, for customers' firewalls.
EGRESS_ADDRESSES = env.networks("EGRESS_ADDRESSES")
# Hosts that need neither https nor a public name, to try webhooks on one machine; never in production.
WEBHOOK_TRIAL_HOSTS = [host.lower() for host in env.list("WEBHOOK_TRIAL_HOSTS", default=[])]
WEBHOOKS_PER_ORGANIZATION = env.whole("WEBHOOKS_PER_ORGANIZATION", default=1)

# --- Ingest -----------------------------------------------------------------------------------------
INGEST_EVENT_LIMIT = env.whole("INGEST_EVENT_LIMIT", default=32 * 1024)
INGEST_REQUEST_LIMIT = env.whole("INGEST_REQUEST_LIMIT", default=4 * 1024 * 1024)
INGEST_NESTING_LIMIT = env.whole("INGEST_NESTING_LIMIT", default=32)
INGEST_TRUSTED_PROXIES = env.networks("INGEST_TRUSTED_PROXIES")
DATA_UPLOAD_MAX_MEMORY_SIZE = INGEST_REQUEST_LIMIT

# --- Tracking files at the cluster --------------------------------------------------------------------
FILE_MEMORY = env.whole("FILE_MEMORY", default=64 * 1024 * 1024)  # bytes of files that a web process keeps
FILE_RATE_PER_MINUTE = env.whole("FILE_RATE_PER_MINUTE", default=600)  # for each client address and key
FILE_MISSES_PER_MINUTE = env.whole("FILE_MISSES_PER_MINUTE", default=120)  # for each client address

# --- REST API ---------------------------------------------------------------------------------------
API_RATE_PER_MINUTE = env.whole("API_RATE_PER_MINUTE", default=600)  # for each token
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.policy.authentication.BearerToken",
        "accounts.api.policy.authentication.SignedIn",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.policy.permission.HasPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.policy.throttle.PerPrincipal"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.policy.parsers.JsonBody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "accounts.api.policy.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["accounts.api.policy.filters.QueryFilters"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.policy.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "accounts.api.policy.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "s2sadmin",
    "DESCRIPTION": "Everything that the admin can, for programs. Send `Authorization: Bearer s2s_...`: an "
    "Admin issues tokens in the admin. `GET /api/v1/me` says what yours may do.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "VerdictEnum": ["sent", "skipped", "rejected"],
        "FilterVerdictEnum": ["sent", "filtered", "skipped"],
        "ReplayStateEnum": ["counting", "ready", "running", "done", "cancelled", "failed"],
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "persistAuthorization": False},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.policy.schema.complete",
    ],
}

# --- Retention --------------------------------------------------------------------------------------
PARTITION_DAYS_AHEAD = env.whole("PARTITION_DAYS_AHEAD", default=7)
RETENTION_DAYS = env.whole("RETENTION_DAYS", default=30)
COUNTER_RETENTION_DAYS = env.whole("COUNTER_RETENTION_DAYS", default=400)
AUDIT_RETENTION_DAYS = env.whole("AUDIT_RETENTION_DAYS", default=365, least=90)

# --- Secrets at rest: newest key first --------------------------------------------------------------
ENCRYPTION_KEYS = env.fernet_keys("ENCRYPTION_KEYS") or keys_from_file(DATA_DIR / "encryption_keys")

# --- Static files and the admin ---------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=None)  # for collectstatic; unset, files are served as they lie
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
UNFOLD = {
    "SITE_TITLE": "s2sadmin",
    "SITE_HEADER": "s2sadmin",
    "SITE_SYMBOL": "alt_route",
    "SITE_FAVICONS": [{"rel": "icon", "href": f"{STATIC_URL}accounts/icon.svg"}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "integrations.admin.navigation.environment",
    "DASHBOARD_CALLBACK": "integrations.admin.dashboard.dashboard",
    "STYLES": ["integrations.admin.navigation.stylesheet"],
    "SIDEBAR": {"navigation": "integrations.admin.navigation.navigation"},
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("account_change_password")},
            {"title": "Two-factor sign-in", "link": reverse_lazy("mfa_index")},
        ]
    },
}

# --- Signing in -------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "accounts.sign_in.Lockout",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody signs up: an Admin, or the single sign-on provider, vouches
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "accounts.sign_in.TwoFactorAdapter"
MFA_TOTP_ISSUER = "s2sadmin"
# Lockout of an address from a client, counted in the database.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.whole("SIGN_IN_FAILURES", default=5)
AXES_COOLOFF_TIME = timedelta(seconds=env.whole("SIGN_IN_LOCKOUT_S", default=900))
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "s2sadmin.client_address.client_address"
AXES_USERNAME_CALLABLE = "accounts.sign_in.name_tried"
AXES_LOCKOUT_CALLABLE = "accounts.views.sign_in.locked_out"
# Single sign-on (OIDC): signs in users and invited addresses that the provider has verified.
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.SingleSignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link, so that the policy's form-action need not name the provider
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
_provider = {
    "provider_id": "sso",
    "name": env.str("OIDC_NAME", default="Single sign-on"),
    "client_id": env.str("OIDC_CLIENT_ID", default=""),
    "secret": env.str("OIDC_CLIENT_SECRET", default=""),
    "settings": {"server_url": OIDC_ISSUER},
}
if OIDC_ISSUER and not _provider["client_id"]:
    raise ImproperlyConfigured("OIDC_CLIENT_ID is empty, and OIDC_ISSUER is set: set both or none.")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_provider] if OIDC_ISSUER else []}
}

# --- Sessions ---------------------------------------------------------------------------------------
SESSION_COOKIE_AGE = env.whole("SESSION_IDLE_S", default=12 * 3600)
SESSION_ABSOLUTE_S = env.whole("SESSION_ABSOLUTE_S", default=7 * 24 * 3600)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# --- Transport and headers --------------------------------------------------------------------------
SECURE_SSL_REDIRECT = _https
# Senders may not follow a redirect and probes come from inside.
SECURE_REDIRECT_EXEMPT = [r"^(beacon/)?v1/", r"^pixel/v1/", r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", default=365 * 24 * 3600 if _https else 0, least=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=_https)
_tls_header = env.str("TLS_PROXY_HEADER", default="")
if _tls_header:
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + _tls_header.upper().replace("-", "_"), "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": STRICT}  # relaxed under /admin/

# --- Mail -------------------------------------------------------------------------------------------
EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL)
EMAIL_TIMEOUT = 10
MAIL_IS_DELIVERED = EMAIL["EMAIL_BACKEND"].endswith("smtp.EmailBackend")  # otherwise links are shown to copy
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default=f"s2sadmin@{_public.hostname}")

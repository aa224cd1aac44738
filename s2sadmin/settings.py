"""Every setting of the product, read from the environment. A bad value fails with the variable's name."""

from __future__ import annotations

from pathlib import Path

import environ

from s2sadmin.embedded.locations import broker_url, default_database_url, default_redis_url
from s2sadmin.keys import keys_from_file

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
# Keys and the embedded servers' files.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))

# --- Django -----------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or keys_from_file(DATA_DIR / "secret_key", length=48)[0]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
ROOT_URLCONF = "s2sadmin.urls"
WSGI_APPLICATION = "s2sadmin.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "accounts",
    "delivery",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
REDIS_URL = env.str("REDIS_URL", default=default_redis_url(DATA_DIR))
DOORBELL_URL = REDIS_URL
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery: a doorbell, never a store --------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=broker_url(REDIS_URL))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30, "health_check_interval": 25}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "delivery.deliver", "schedule": 1.0, "options": {"expires": 1}},
    "partitions": {"task": "integrations.keep_partitions", "schedule": 3600.0, "options": {"expires": 600}},
}

# --- Delivery ---------------------------------------------------------------------------------------
LANE_OWNERS = ["integrations.services.lanes.DestinationLanes"]
# Ranges of private addresses that requests may reach all the same (the demo run allows loopback).
DELIVERY_ALLOWED_NETWORKS = env.list("DELIVERY_ALLOWED_NETWORKS", default=[])
# Where destinations in sandbox mode send instead of the vendor; empty means that sandbox mode is refused.
SANDBOX_URL = env.str("SANDBOX_URL", default="")
# The first wait after a failure is at most this long; later ones grow six times each (delivery.core.retry).
DELIVERY_RETRY_BASE_S = env.float("DELIVERY_RETRY_BASE_S", default=10.0)
# Seconds a claimed delivery belongs to its worker; longer than any request's deadline.
DELIVERY_LEASE_S = env.int("DELIVERY_LEASE_S", default=60)

# --- Ingest -----------------------------------------------------------------------------------------
INGEST_EVENT_LIMIT = env.int("INGEST_EVENT_LIMIT", default=32 * 1024)
INGEST_REQUEST_LIMIT = env.int("INGEST_REQUEST_LIMIT", default=4 * 1024 * 1024)
INGEST_NESTING_LIMIT = env.int("INGEST_NESTING_LIMIT", default=32)
INGEST_TRUSTED_PROXIES = env.list("INGEST_TRUSTED_PROXIES", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = INGEST_REQUEST_LIMIT

# --- Retention --------------------------------------------------------------------------------------
PARTITION_DAYS_AHEAD = env.int("PARTITION_DAYS_AHEAD", default=7)
RETENTION_DAYS = env.int("RETENTION_DAYS", default=30)

# --- Secrets at rest: newest key first --------------------------------------------------------------
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or keys_from_file(DATA_DIR / "encryption_keys")

# --- Static files and the admin ---------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=None)  # for collectstatic; unset, files are served as they lie
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")
UNFOLD = {
    "SITE_TITLE": "s2sadmin",
    "SITE_HEADER": "s2sadmin",
    "SITE_SYMBOL": "alt_route",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "integrations.admin.navigation.environment",
    "DASHBOARD_CALLBACK": "integrations.admin.dashboard.dashboard",
    "STYLES": ["integrations.admin.navigation.stylesheet"],
    "SIDEBAR": {"navigation": "integrations.admin.navigation.navigation"},
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

"""Which path belongs to whom."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.join import join
from integrations.admin.operations import operations
from integrations.views.vendor_questionnaire import vendor_questionnaire
from s2sadmin.health import healthz, readyz

admin.site.login = secure_admin_login(admin.site.login)  # one way in, with lockout, TOTP and single sign-on
handler429 = "accounts.views.sign_in.too_many_requests"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/operations/", admin.site.admin_view(operations), name="operations"),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.views.urls")),
    path("api/v1/", include("s2sadmin.api")),
    path("join/<str:token>", join, name="join"),
    path("vendor-questionnaire/<str:token>", vendor_questionnaire, name="vendor-questionnaire"),
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("", include("integrations.ingest.urls")),
]

from django.contrib import admin
from django.urls import path

from dashboard.access import account, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("account/", account.account, name="account"),
    # These come before Django's own, so that all sign-ins are throttled and written to the audit log.
    path("admin/login/", views.admin_sign_in),
    path("admin/logout/", views.sign_out),
    path("admin/password_change/", admin.site.admin_view(views.change_own_password)),
]

from django.contrib import admin
from django.urls import path

from dashboard.access import account, views
from dashboard.access.people import join_view
from dashboard.access.people import views as people
from dashboard.access.signing_in import confirming, openid, second_step, setting_up
from dashboard.access.tokens import views as tokens

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/second-factor/", second_step.second_step, name="login-second-factor"),
    path("login/passkey/", second_step.sign_in_by_passkey, name="login-passkey"),
    path("login/passkey/options/", second_step.passkey_options, name="login-passkey-options"),
    path("login/openid/", openid.start, name="login-openid"),
    path("login/openid/callback/", openid.callback, name="login-openid-callback"),
    path("logout/", views.sign_out, name="logout"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account-password"),
    path("account/sessions/", account.end_sessions, name="account-sessions"),
    path("account/tokens/", tokens.make, name="account-tokens"),
    path("account/tokens/<int:token>/revoke/", tokens.revoke, name="account-token-revoke"),
    path("join/<str:token>/", join_view.join, name="join"),
    path("access/", people.people, name="people"),
    path("access/add/", people.person_add, name="person-add"),
    path("access/roles/<str:role>/", people.role_limits, name="role-limits"),
    path("access/<int:person>/", people.person_detail, name="person-detail"),
    path("access/<int:person>/role/", people.person_role, name="person-role"),
    path("access/<int:person>/limits/", people.person_limits, name="person-limits"),
    path("access/<int:person>/end-sessions/", people.person_end_sessions, name="person-end-sessions"),
    path("access/<int:person>/second-factor/", people.person_forget_factors, name="person-forget-factors"),
    path("access/<int:person>/tokens/", tokens.revoke_of, name="person-tokens"),
    path("access/<int:person>/open/", people.person_open, name="person-open"),
    path("access/<int:person>/reset/", people.person_reset, name="person-reset"),
    path("account/confirm/", confirming.confirm, name="account-confirm"),
    path("account/second-factor/", setting_up.second_factor, name="second-factor"),
    path("account/second-factor/app/", setting_up.authenticator_app, name="second-factor-app"),
    path("account/second-factor/passkey/", setting_up.passkey, name="second-factor-passkey"),
    path(
        "account/second-factor/passkey/options/", setting_up.new_passkey_options, name="second-factor-passkey-options"
    ),
    path("account/second-factor/codes/", setting_up.recovery_codes, name="second-factor-codes"),
    path("account/second-factor/<int:pk>/remove/", setting_up.removal, name="second-factor-remove"),
    # These come before Django's own, so that all sign-ins are throttled and written to the audit log.
    path("admin/login/", views.admin_sign_in),
    path("admin/logout/", views.sign_out),
    path("admin/password_change/", admin.site.admin_view(views.change_own_password), name="admin-password-change"),
]

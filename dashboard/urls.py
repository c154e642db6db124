from django.contrib import admin
from django.urls import include, path

from dashboard.access.views import nothing_here
from dashboard.deletions.urls import forgotten
from dashboard.overview.views import overview
from dashboard.register.urls import holds

urlpatterns = [
    path("", overview, name="overview"),
    path("", include("dashboard.access.urls")),
    path("", include("dashboard.operations.urls")),
    path("tasks/", include("dashboard.register.urls")),
    path("holds/", include(holds)),
    path("media/", include("dashboard.media.urls")),
    path("deletions/", include("dashboard.deletions.urls")),
    path("forgotten/", include(forgotten)),
    path("rules/", include("dashboard.rules.urls")),
    path("api/", include("dashboard.api.urls")),
    path("audit/", include("dashboard.audit.urls")),
    # In Django's admin this leads from a row to its page on the site, and our rows have no such pages.
    path("admin/r/<path:rest>", nothing_here),
    path("admin/", admin.site.urls),
]

handler400 = "dashboard.pages.refusals.bad_request"
handler403 = "dashboard.pages.refusals.permission_denied"
handler404 = "dashboard.pages.refusals.page_not_found"
handler500 = "dashboard.pages.refusals.server_error"

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="task-list"), name="home"),
    path("", include("dashboard.access.urls")),
    path("", include("dashboard.monitoring.urls")),
    path("tasks/", include("dashboard.inventory.urls")),
    path("deletions/", include("dashboard.deletions.urls")),
    path("audit/", include("dashboard.audit.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "dashboard.access.errors.bad_request"
handler403 = "dashboard.access.errors.permission_denied"
handler404 = "dashboard.access.errors.page_not_found"
handler500 = "dashboard.access.errors.server_error"

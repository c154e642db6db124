from django.urls import path

from dashboard.audit import views

urlpatterns = [
    path("", views.audit_log, name="audit-log"),
    path("export.csv", views.audit_export_csv, name="audit-export-csv"),
    path("keys.json", views.audit_keys, name="audit-keys"),
    path("export.json", views.audit_export_json, name="audit-export-json"),
]

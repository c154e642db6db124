from django.urls import path

from dashboard.api import views
from dashboard.api.calls import api

urlpatterns = [
    path("", views.reference, name="api"),
    path("openapi.json", views.schema, name="api-schema"),
    path("", api.urls),
]

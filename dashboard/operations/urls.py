from django.urls import path

from dashboard.operations import disabling, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("access/<int:person>/disable/", disabling.person_disable, name="person-disable"),
]

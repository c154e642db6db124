from django.urls import path

from dashboard.rules.views import (
    rule_change,
    rule_delete,
    rule_detail,
    rule_list,
    rule_new,
    rule_pause,
    rule_resume,
    rule_run,
)

urlpatterns = [
    path("", rule_list, name="rule-list"),
    path("new/", rule_new, name="rule-new"),
    path("<uuid:uuid>/", rule_detail, name="rule-detail"),
    path("<uuid:uuid>/change/", rule_change, name="rule-change"),
    path("<uuid:uuid>/pause/", rule_pause, name="rule-pause"),
    path("<uuid:uuid>/resume/", rule_resume, name="rule-resume"),
    path("<uuid:uuid>/run/", rule_run, name="rule-run"),
    path("<uuid:uuid>/delete/", rule_delete, name="rule-delete"),
]

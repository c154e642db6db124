from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "dashboard.rules"

    def ready(self) -> None:
        from dashboard.deletions.dispatch import recovery
        from dashboard.rules import tending

        # A worker tends what lies below it and knows no rules.
        if tending.tend not in recovery.besides:
            recovery.besides.append(tending.tend)

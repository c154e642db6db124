from django.apps import AppConfig
from django.core import checks


class MonitoringConfig(AppConfig):
    name = "dashboard.monitoring"

    def ready(self) -> None:
        from dashboard.checks import deployment, provider

        checks.register(provider)
        checks.register(deployment, checks.Tags.security)

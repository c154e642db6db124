from django.apps import AppConfig
from django.core import checks


class OperationsConfig(AppConfig):
    name = "dashboard.operations"

    def ready(self) -> None:
        from dashboard.checks import database_is_of_this_version, deployment, provider

        checks.register(provider, checks.Tags.security)
        checks.register(database_is_of_this_version, checks.Tags.database)
        checks.register(deployment, checks.Tags.security)

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "dashboard.audit"

    def ready(self) -> None:
        from dashboard.audit import checks  # noqa: F401  Registers itself.

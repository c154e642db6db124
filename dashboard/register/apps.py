from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "dashboard.register"

    def ready(self) -> None:
        from dashboard.register import checks  # noqa: F401  Registers itself.

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "dashboard.inventory"

    def ready(self) -> None:
        from dashboard.inventory import checks  # noqa: F401  Registers itself.

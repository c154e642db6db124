from django.apps import AppConfig


class ChangelistConfig(AppConfig):
    name = "bench.changelist"

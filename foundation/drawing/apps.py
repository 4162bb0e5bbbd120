"""The unbinding line, charts and seals, drawn as SVG."""

from django.apps import AppConfig


class DrawingConfig(AppConfig):
    name = "foundation.drawing"
    verbose_name = "Drawing"

"""Addresses of this app."""

from django.urls import URLPattern

app_name = "supporters"
urlpatterns: list[URLPattern] = []

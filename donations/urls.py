"""Addresses of this app."""

from django.urls import path

from donations import views

app_name = "donations"
urlpatterns = [
    path("give/", views.give, name="give"),
    path("give/thanks/", views.thanks, name="thanks"),
    path("stripe/webhook/", views.webhook, name="webhook"),
]

"""Addresses of this app."""

from django.urls import path

from donations import views

app_name = "donations"
urlpatterns = [
    path("give/", views.give, name="give"),
    path("give/thanks/", views.thanks, name="thanks"),
    path("give/card/done/", views.card_done, name="card_done"),
    path("give/card/<str:token>/", views.card, name="card"),
    path("stripe/webhook/", views.webhook, name="webhook"),
]

"""URLs of this app."""

from django.urls import path

from supporters import my, my_address, views

app_name = "supporters"
urlpatterns = [
    path("subscribe/", views.subscribe, name="subscribe"),
    path("subscribe/sent/", views.subscribe_sent, name="subscribe-sent"),
    path("subscribe/confirm/<str:token>/", views.subscribe_confirm, name="subscribe-confirm"),
    path("letters/stop/<str:token>/", views.stop, name="stop"),
    path("my/", my.my, name="my"),
    path("my/asked/", my.asked, name="asked"),
    path("my/enter/<str:token>/", my.enter, name="enter"),
    path("my/leave/", my.leave, name="leave"),
    path("my/letters/", my.letters, name="letters"),
    path("my/name/", my.name, name="name"),
    path("my/address/", my_address.ask_for_address, name="address"),
    path("my/address/<str:token>/", my_address.confirm, name="new-address"),
    path("my/data.json", my.export, {"kind": "json"}, name="export"),
    path("my/data.zip", my.export, {"kind": "zip"}, name="export-tables"),
    path("my/erase/", my.erase, name="erase"),
]

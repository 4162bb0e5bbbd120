"""URLs of this app."""

from django.urls import path

from pledges import views

app_name = "pledges"
urlpatterns = [
    path("my/pledge/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("pledge/", views.pledge, name="pledge"),
    path("pledge/sent/", views.sent, name="sent"),
    path("pledge/confirm/<str:token>/", views.confirm, name="confirm"),
    path("pledge/confirm/<str:token>/letter/", views.new_letter, name="new-letter"),
    path("pledge/withdraw/<str:token>/", views.take_back, name="take-back"),
    path("pledge/<slug:slug>/share.png", views.share, name="share"),
    path("pledge/<slug:slug>/", views.pledge, name="pledge"),
]

"""URL patterns of donations."""

from django.urls import path

from donations.giving import campaigns, page, receipt_views, step_up, thanks
from donations.my import card, gift_aid, gifts
from donations.webhooks.views import webhook

app_name = "donations"
urlpatterns = [
    path("give/", page.give, name="give"),
    path("give/thanks/", thanks.thanks, name="thanks"),
    path("give/thanks/address/<str:reference>/", thanks.address, name="address"),
    path("give/card/done/", card.card_done, name="card_done"),
    path("give/card/<str:token>/", card.card, name="card"),
    path("give/receipt/<str:reference>.pdf", receipt_views.own_file, name="own_receipt"),
    path("receipts/file/<str:token>.pdf", receipt_views.file, name="receipt_file"),
    path("give/finish/", step_up.mailed, name="finish_mailed"),
    path("give/finish/<str:token>/", step_up.finish, name="finish"),
    path("receipts/check/", receipt_views.check, name="check"),
    path("receipts/check/<str:number>/<str:code>/", receipt_views.checked, name="checked"),
    path("give/share.png", page.share, name="share"),
    path("give/<slug:slug>/share.png", campaigns.share, name="campaign_share"),
    path("api/campaigns/<slug:slug>.json", campaigns.counters, name="campaign_counters"),
    path("my/gifts/<int:pk>/", gifts.plan, name="my_plan"),
    path("my/gifts/<int:pk>/card/", gifts.card, name="my_card"),
    path("my/gift-aid/", gift_aid.gift_aid, name="my_gift_aid"),
    path("my/names/", gifts.unname, name="my_names"),
    path("my/receipts/<slug:number>.pdf", gifts.receipt, name="my_receipt"),
    path("my/statements/<int:year>.<str:kind>", gifts.statement, name="my_statement"),
    path("stripe/webhook/", webhook, name="webhook"),
    # The last of /give/: it takes every name that is left (models/campaigns.py knows the others).
    path("give/<slug:slug>/", campaigns.campaign, name="campaign"),
]

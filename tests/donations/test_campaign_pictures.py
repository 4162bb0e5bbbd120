"""Pictures of a campaign: no reader waits until their files are made."""

import pytest
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from donations.models import Campaign
from foundation.jobs import queue as jobs
from tests.donations import appeal
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db


def picture(title: str) -> str:
    file = get_test_image_file(f"{title}.png", size=(1000, 600))
    return str(get_image_model().objects.create(title=title, file=file).pk)


def test_it_has_their_files_made_by_the_worker_before_the_first_reader(charity):
    told = {"type": "picture", "deleted": "", "order": "1", "id": ""}
    told |= {"value-image": picture("door"), "value-alt_text": "A door, open"}
    story = {f"story-1-{name}": text for name, text in told.items()} | {"story-count": "2"}
    above = {"picture": picture("house"), "picture_alt": "A house"}
    address = "/admin/snippets/donations/campaign/add/"
    assert signed_in("Editor").post(address, appeal.written(**above, **story)).status_code == 302
    files = get_image_model().get_rendition_model().objects
    files.all().delete()  # those of the chooser
    jobs.run_due()
    made = set(files.values_list("image__title", "filter_spec"))
    sizes = ["width-480", "width-960", "width-1440"]
    assert made >= {(title, size) for title in ("door", "house") for size in sizes}
    assert "srcset=" in Client().get(Campaign.objects.get().get_absolute_url()).content.decode()
    assert set(files.values_list("image__title", "filter_spec")) == made

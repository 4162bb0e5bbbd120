"""Short stories, of which every commit, every call to Stripe and every command to the mail server can be made to fail.

Each is what happens before, undisturbed, and what is disturbed. They end with `Scene.end`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from django.test import Client

from donations.giving import offline, refunding
from donations.models import Gift, Plan, RefundRequest
from donations.models.gifts import Method
from donations.monthly import changes
from donations.reconcile import runs
from foundation.letters.models import Letter
from pledges import starter as pledge
from supporters.models import Newsletter
from supporters.newsletter import sending
from tests.pledges import driver as signer
from tests.simulator.scene import Scene
from tests.supporters import newsletters

MONTH = 32 * 86400


@dataclass(frozen=True)
class Tale:
    tell: Callable[[Scene], None]
    before: Callable[[Scene], None] = lambda scene: None
    asked_for: str = ""  # a letter that whoever presses again asks for once more, and gets


def _gave(frequency: str, amount: str) -> Callable[[Scene], None]:
    def before(scene: Scene) -> None:
        scene.till.pay(scene.donor.give(frequency, amount, name="Ada Lovelace")["Location"])
        scene.tell()

    return before


def _paid_untold(scene: Scene) -> None:
    scene.till.pay(scene.donor.give("once", "25")["Location"])


def give(scene: Scene, frequency: str = "once") -> None:
    wish = scene.donor.wish(frequency, "30", name="Ada Lovelace")
    page = scene.page(lambda: scene.donor.send(wish), 303)
    scene.till.pay(page["Location"])
    scene.tell()


def give_monthly(scene: Scene) -> None:
    """And the next month."""
    give(scene, "monthly")
    scene.pass_by(MONTH)
    scene.tell()


def come_back_from_the_page(scene: Scene) -> None:
    """The donor is thanked before Stripe's event comes."""
    wish = scene.donor.wish("once", "30")
    page = scene.page(lambda: scene.donor.send(wish), 303)
    back = scene.till.pay(page["Location"]).partition("/give/thanks/")[2]
    scene.page(lambda: scene.donor.client.get(f"/give/thanks/{back}"), 200)
    scene.work()
    scene.tell()


def refund(scene: Scene) -> None:
    """Staff give a part back. The same form is sent again until its page says what became of it."""

    def press() -> bool:
        with suppress(refunding.CannotError):  # a sentence, such as that Stripe does not answer
            return (
                refunding.refund(Gift.objects.get(), 1000, RefundRequest.Reason.ASKED, None, "this-form").state
                == "made"
            )
        return False

    scene.insist(press)
    scene.tell()


def dispute(scene: Scene) -> None:
    (charge,) = scene.till.objects("charge")
    found = scene.till.sandbox.dispute(scene.till.tenant, charge=charge["id"])
    scene.tell()
    scene.till.sandbox.end_dispute(found["id"], "lost", scene.till.tenant)
    scene.tell()


def change_the_amount(scene: Scene) -> None:
    scene.insist(lambda: changes.change_amount(Plan.objects.get(), 4500).total == 4500)
    scene.pass_by(MONTH)
    scene.tell()


def stop(scene: Scene) -> None:
    scene.insist(lambda: changes.stop(Plan.objects.get()).cancel_at)
    scene.tell()
    scene.pass_by(MONTH)
    scene.tell()


def pause_and_resume(scene: Scene) -> None:
    scene.insist(lambda: changes.pause(Plan.objects.get()).status == "paused")
    scene.tell()
    scene.insist(lambda: changes.resume(Plan.objects.get()).status == "active")
    scene.tell()


def enter_a_cheque(scene: Scene) -> None:
    cheque = offline.Entry(
        "this-form", Method.CHEQUE, date(2026, 3, 1), 12_500, "USD", name="Ada King", email="ada@donor.example"
    )
    scene.insist(lambda: offline.record(cheque))
    scene.work()


def take_a_cheque_back(scene: Scene) -> None:
    def press() -> bool:
        offline.take_back(Gift.objects.get())
        return True

    enter_a_cheque(scene)
    scene.insist(press)


def compare(scene: Scene) -> None:
    """No event ever came."""
    scene.insist(lambda: runs.run(apply=True))


def sign(scene: Scene) -> None:
    client = Client(raise_request_exception=False)

    def read() -> dict[str, str]:
        found = signer.hidden_fields(client)
        return found if len(found) > 1 else {}  # more than what the driver adds: the page was there

    form = {**scene.insist(read), **signer.ADA}
    scene.page(lambda: client.post("/pledge/", form), 302)
    scene.end()
    link = signer.link(Letter.objects.filter(to=signer.ADA["email"]).latest("pk"))
    scene.page(lambda: client.post(link), 302)


def send_a_newsletter(scene: Scene) -> None:
    def press() -> bool:
        sending.begin(Newsletter.objects.get())
        return Newsletter.objects.get().state != Newsletter.State.DRAFT

    scene.insist(press)
    scene.work()


def _newsletter(scene: Scene) -> None:
    newsletters.readers(2)
    newsletters.written()


def _pledge(scene: Scene) -> None:
    pledge.load()


TALES = {  # the shortest first
    "a cheque, taken back": Tale(take_a_cheque_back),
    "a pledge": Tale(sign, _pledge, asked_for="pledge_confirm"),
    "a newsletter": Tale(send_a_newsletter, _newsletter),
    "a refund by staff": Tale(refund, _gave("once", "25")),
    "a dispute that is lost": Tale(dispute, _gave("once", "25")),
    "a comparison": Tale(compare, _paid_untold),
    "a gift": Tale(give),
    "paused and resumed": Tale(pause_and_resume, _gave("monthly", "30")),
    "stopped": Tale(stop, _gave("monthly", "30")),
    "thanked before Stripe tells": Tale(come_back_from_the_page),
    "another amount": Tale(change_the_amount, _gave("monthly", "30")),
    "a monthly gift and the next month": Tale(give_monthly),
}

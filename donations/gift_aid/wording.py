"""The words of a Gift Aid declaration, as a donor reads and a row keeps them: what the law asks one to say.

It names the charity, the gifts, the wish that they are Gift Aid donations, and that the donor pays at least as much tax
(docs/receipts.md says where that stands).
"""

import hashlib

from django.utils.translation import gettext as _

from donations.models.gift_aid import GiftAidDeclaration
from foundation.organisation.models import Organisation

Scope = GiftAidDeclaration.Scope


def statement() -> str:
    return _(
        "I am a UK taxpayer and understand that if I pay less Income Tax and/or Capital Gains Tax in a tax year than "
        "the amount of Gift Aid claimed on all my donations in that tax year, it is my responsibility to pay any "
        "difference."
    )


def wish(scope: str, charity: str, with_gift: bool = True) -> str:
    """Which gifts are to be Gift Aid donations. `with_gift`: one is being given, or was, with these words."""
    words = {
        (Scope.GIFT, True): _("I want to Gift Aid this gift to %(charity)s; if it repeats, each payment of it."),
        (Scope.FUTURE, True): _("I want to Gift Aid this gift and all that I give to %(charity)s from now on."),
        (Scope.PAST, True): _(
            "I want to Gift Aid this gift, all that I gave to %(charity)s in the past four years, and all that I give "
            "from now on."
        ),
        (Scope.FUTURE, False): _("I want to Gift Aid all that I give to %(charity)s from now on."),
        (Scope.PAST, False): _(
            "I want to Gift Aid all that I gave to %(charity)s in the past four years, and all that I give from now on."
        ),
    }
    return words[Scope(scope), with_gift] % {"charity": charity}


def notes() -> str:
    return _(
        "Please tell us if you want to cancel this, if your name or home address changes, or if you no longer pay "
        "enough tax on your income or capital gains. If you pay Income Tax at the higher or additional rate and want "
        "the further relief that is due to you, name all your Gift Aid donations on your Self Assessment tax return, "
        "or ask HM Revenue & Customs to change your tax code."
    )


def whole(scope: str, with_gift: bool = True) -> str:
    """All that somebody agrees to, in the language of this moment."""
    return "\n".join([wish(scope, Organisation.load().printed_name, with_gift), statement(), notes()])


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

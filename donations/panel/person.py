"""Section of a supporter's page in the panel: gifts with their receipts, what repeats, and the totals."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Sum

from donations import money
from donations.letters import plan_letters
from donations.models import Gift, LedgerEntry
from donations.models.books import GIVING
from donations.models.gifts import Method
from donations.models.livemode import of_this_money
from donations.my.own_gifts import ON_ITS_WAY
from supporters import supporters
from supporters.addresses import canonical
from supporters.sections_panel import SHOWN, Section

COMING = Q(supporter=None, status__in=ON_ITS_WAY)  # nobody’s until the money is there


class GivingSection(Section):
    """From the facts of the person's own page. Money of a rehearsal is listed, marked as test, and never summed."""

    permission = "donations.view_gift"
    order = 200
    template_name = "donations/person_panel.html"

    def facts(self) -> dict[str, Any]:
        rows = Gift.objects.with_returns().select_related("fund", "campaign", "plan").prefetch_related("receipts")
        theirs = Q(supporter=self.supporter) | COMING & Q(email__in=self._by_address)
        plans = self.supporter.plans.order_by("-id") if self.user.has_perm("donations.view_plan") else []
        return {
            "gifts": list(rows.filter(theirs).order_by("-id")[:SHOWN]),
            "count": sum(self._by_address.values()),
            "plans": [(plan, plan_letters.next_payment(plan)) for plan in plans],
            "may_receipts": self.user.has_perm("donations.view_receipt"),
            **self._totals(),
        }

    def addresses(self) -> Iterable[str]:
        return self._by_address

    @cached_property
    def _by_address(self) -> dict[str, int]:
        """How many gifts came, or are on their way, under each spelling of the address."""
        rows = Gift.objects.filter(Q(supporter=self.supporter) | COMING).order_by()
        found = list(rows.values_list("supporter", "email").annotate(count=Count("pk")))
        mailboxes = supporters.mailboxes(self.supporter) if any(number is None for number, *_rest in found) else set()
        theirs: Counter[str] = Counter()
        for number, email, count in found:
            if number or canonical(email) in mailboxes:
                theirs[email] += count
        return theirs

    def _totals(self) -> dict[str, list[str]]:
        """From the ledger: so only of what has come, less what went back. What a fund gave for them stands apart."""
        entries = LedgerEntry.objects.filter(of_this_money(), gift__supporter=self.supporter).order_by()
        columns = ("gift__method", "kind", "currency", "settled_currency")
        rows = entries.values_list(*columns).annotate(Sum("amount"), Sum("settled"))
        given: Counter[str] = Counter()
        recommended: Counter[str] = Counter()
        settled: Counter[str] = Counter()
        for method, kind, code, settled_code, amount, on_balance in rows:
            if kind in GIVING:
                (recommended if method == Method.DAF else given)[code] += amount
            if settled_code:
                settled[settled_code] += on_balance
        return {"given": _sums(given), "recommended": _sums(recommended), "settled": _sums(settled)}


def _sums(sums: dict[str, int]) -> list[str]:
    return [money.exact(total, code) for code, total in sorted(sums.items())]

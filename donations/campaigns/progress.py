"""Progress of a campaign: what its page, the panel and the public counters say of it, all from the ledger."""

from dataclasses import dataclass

from donations import money
from donations.models import Campaign, Gift, LedgerEntry, MatchReservation

METER_FROM = 50  # percent of the goal: below it a meter lowers what people give, unless a lead gift seeds it
CROWD_UNTIL = 80  # percent: near the goal people give more where they see few others


@dataclass(frozen=True)
class Progress:
    """Progress of a campaign, in minor units of its currency. `raised`: received less what went back, without fee
    cover; `lead`: the part of it that is the lead gift. `matched`: what the funder owes; `held`: reserved for payments
    under way.
    """

    code: str
    goal: int
    raised: int
    people: int
    lead: int
    cap: int
    matched: int
    held: int

    @property
    def percent(self) -> int:
        """Percent of the goal, rounded down, so that a hundred means reached."""
        return self.raised * 100 // self.goal

    @property
    def shows_meter(self) -> bool:
        return self.percent >= METER_FROM or self.lead > 0

    @property
    def shows_people(self) -> bool:
        return self.shows_meter and self.people > 0 and self.percent < CROWD_UNTIL

    @property
    def match_left(self) -> int:
        return max(self.cap - self.matched - self.held, 0)

    @property
    def match_state(self) -> str:
        """State of the match: none, free, held (the rest is reserved for payments under way), used."""
        if not self.cap:
            return "none"
        if self.match_left:
            return "free"
        return "held" if self.matched < self.cap else "used"

    def text(self, amount: int) -> str:
        return money.short(amount, self.code)

    @property
    def raised_text(self) -> str:
        return self.text(self.raised)

    @property
    def goal_text(self) -> str:
        return self.text(self.goal)

    @property
    def lead_text(self) -> str:
        return self.text(self.lead)

    @property
    def cap_text(self) -> str:
        return self.text(self.cap)

    @property
    def matched_text(self) -> str:
        return self.text(self.matched)

    @property
    def match_left_text(self) -> str:
        return self.text(self.match_left)


def of(campaign: Campaign) -> Progress:
    """Return the progress of a campaign, as the ledger has it now."""
    code = campaign.currency.code
    if campaign.pk is None:  # a preview of one that is not saved yet
        return Progress(code, campaign.goal, 0, 0, 0, campaign.match_cap or 0, 0, 0)
    rows = LedgerEntry.objects.of_campaign(campaign)
    lead = Gift.objects.counted().filter(pk=campaign.lead_gift_id or 0).first()
    lead_total, lead_cover = LedgerEntry.objects.kept(lead) if lead else (0, 0)
    matched = MatchReservation.objects.used(campaign) if campaign.match_cap else 0
    return Progress(
        code=code,
        goal=campaign.goal,
        raised=max(rows.raised().get(code, 0), 0),
        people=rows.people(),
        lead=max(lead_total - lead_cover, 0),
        cap=campaign.match_cap or 0,
        matched=matched,
        held=MatchReservation.objects.taken(campaign) - matched if campaign.match_cap else 0,
    )

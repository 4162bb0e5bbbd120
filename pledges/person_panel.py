"""Section of a supporter's page in the panel: what they signed."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from pledges.models import Signature
from supporters.sections_panel import Section


class PledgeSection(Section):
    permission = "pledges.view_signature"
    order = 300
    template_name = "pledges/person_panel.html"

    def facts(self) -> dict[str, Any]:
        return {"signatures": self._signatures}

    def addresses(self) -> Iterable[str]:
        return {address for each in self._signatures for address in (each.email, each.letter_to)}

    @cached_property
    def _signatures(self) -> list[Signature]:
        return list(self.supporter.signatures.select_related("pledge", "text__pledge"))

"""Link blocks, to our own pages or to URLs: in menus, lists and buttons."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from awareness.base_blocks import PageNumberBlock, Part
from awareness.references import References
from foundation.organisation import addresses


class LinkBlock(Part):
    """A link to a page of ours, or to a URL. Templates print `url`."""

    label = blocks.CharBlock(label=_("Words"), max_length=80)
    note = blocks.CharBlock(label=_("Line below"), max_length=120, required=False)
    page = PageNumberBlock(label=_("Page"), required=False)
    address = blocks.CharBlock(
        label=_("Or an address"), max_length=300, required=False, help_text=_("For example: /give/"), search_index=False
    )

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        return {
            **super().shown(value, references),
            "url": references.address(value.get("page")) or references.typed(value.get("address") or ""),
        }

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        address = value.get("address") or ""
        if bool(value.get("page")) == bool(address):
            raise StructBlockValidationError(
                non_block_errors=[ValidationError(_now("Choose a page or type an address."))]
            )
        try:
            addresses.check(address)
        except ValidationError as error:
            raise StructBlockValidationError({"address": error}) from None
        return value


class OptionalLinkBlock(LinkBlock):
    """A link that may be left out as a whole; half of one is refused."""

    label = blocks.CharBlock(label=_("Words"), max_length=80, required=False)

    def clean(self, value: Any) -> Any:
        if not any(value.get(name) for name in ("label", "page", "address")):
            return value
        if not value.get("label"):
            raise StructBlockValidationError({"label": ValidationError(_now("A link needs words."))})
        return super().clean(value)


class ActionBlock(LinkBlock):
    style = blocks.ChoiceBlock(
        label=_("Style"), choices=[("main", _("Main")), ("line", _("Outline"))], default="main", search_index=False
    )

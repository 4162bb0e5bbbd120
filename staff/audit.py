"""What the panel's log says about exports and buttons. Wagtail keeps the log and shows it in Site history."""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogFormatter


class ExportLine(LogFormatter):
    """An export stands in the log under the person who took it."""

    label = _("Export")

    def format_message(self, log_entry: Any) -> str:
        data = log_entry.data
        try:
            what = str(apps.get_model(data["list"])._meta.verbose_name_plural)
        except LookupError:
            what = data["list"]
        line = gettext("Exported %(rows)s rows of %(what)s as %(format)s") % {
            "rows": data["rows"],
            "what": what,
            "format": data["format"].upper(),
        }
        return f"{line} ({', '.join(data['filters'])})" if data["filters"] else line


class ActionLine(LogFormatter):
    """A button that somebody pressed on a detail page."""

    label = _("Button")

    def format_message(self, log_entry: Any) -> str:
        return str(log_entry.data.get("label", ""))

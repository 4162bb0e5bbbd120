"""Choosers without Wagtail's inline script, which our CSP refuses: a data attribute for static/staff/panel.js instead.

Every chooser inherits `render` from one class, and most classes are made by Wagtail on the fly, so that the one method
is monkey-patched where it is defined. tests/staff/test_browser.py notices when Wagtail changes it.
"""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.admin.widgets import BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser


def render(self: Any, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
    """Return the chooser's HTML, with the options that panel.js starts it with."""
    chosen = self.get_value_data(value)
    start = "createTaskChooser" if isinstance(self, AdminTaskChooser) else self.js_constructor
    return format_html(
        '{}<template data-staff-init="{}" data-staff-id="{}" data-staff-options="{}"></template>',
        self.render_html(name, chosen, attrs),
        start,
        attrs["id"],
        json.dumps(self.get_js_init_options(attrs["id"], name, chosen)),
    )


def replace() -> None:
    BaseChooser.render = render

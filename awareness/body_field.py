"""The field that holds a page's blocks; its migrations do not list them, so a new block needs no migration."""

from typing import Any

from wagtail.fields import StreamField


class BodyField(StreamField):
    """The column is JSON whatever blocks there are. Migrations that change bodies work on that JSON."""

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        return name, path, [[]], {key: value for key, value in kwargs.items() if key != "block_lookup"}

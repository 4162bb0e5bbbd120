"""StreamField of a page's blocks, whose migrations do not list the blocks, so that a new block needs no migration."""

from typing import Any

from wagtail.fields import StreamField


class BodyField(StreamField):
    """Blocks stay out of migrations. The column is JSON whatever the blocks are; data migrations change that JSON."""

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        return name, path, [[]], {key: value for key, value in kwargs.items() if key != "block_lookup"}

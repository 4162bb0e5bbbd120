"""Upload validation: files of staff are checked by content, refused with a sentence, and kept without metadata."""

from importlib import import_module
from typing import Any, BinaryIO, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from wagtail.admin.forms.account import AvatarPreferencesForm
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from staff import file_kinds, pictures

LARGEST_PAPER = 50 * 1024 * 1024  # bytes of a document that is read, not played


class PictureField(WagtailImageField):
    """Image field that re-encodes the picture before Wagtail takes its size, its hash and its name."""

    def to_python(self, data: Any) -> Any:
        if isinstance(data, UploadedFile):
            self.check_image_file_size(data)
            _replace(data, pictures.redrawn(cast(BinaryIO, data)))
        return super().to_python(data)


class PictureForm(BaseImageForm):
    """Wagtail's image form, by whichever view it is uploaded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stock := self.fields.get("file"):
            self.fields["file"] = PictureField(label=stock.label, required=stock.required, widget=stock.widget)


class DocumentForm(BaseDocumentForm):
    """Wagtail's document form, by whichever view it is uploaded."""

    def _post_clean(self) -> None:
        """A refused file is not there any more, and Wagtail would complain of that in a second sentence."""
        if "file" not in self.errors:
            super()._post_clean()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file  # the one that was there
        ending = str(file.name).rpartition(".")[2].lower()
        if ending not in file_kinds.ENDINGS:
            return file  # Wagtail refuses it, and names those that are taken
        if file_kinds.type_of(cast(BinaryIO, file), ending) is None:
            raise ValidationError(
                gettext("This file calls itself .%(ending)s and is something else. Save it anew in that format.")
                % {"ending": ending}
            )
        if ending in file_kinds.DOCUMENTS and (file.size or 0) > LARGEST_PAPER:
            most = filesizeformat(LARGEST_PAPER)
            raise ValidationError(gettext("This file is too large: %(most)s at most.") % {"most": most})
        papers = import_module("staff.papers")  # 4 MB of pikepdf, for those who upload
        if kept := papers.bare(cast(BinaryIO, file), ending):
            _replace(file, kept)
        file.seek(0)
        return file


def _replace(file: UploadedFile, kept: bytes) -> None:
    """Replace the upload in place: Wagtail keeps the file that was sent also while other fields are still wrong."""
    file.seek(0)
    file.truncate()
    file.write(kept)
    file.flush()
    file.seek(0)
    file.size = len(kept)


def guard_portraits() -> None:
    """Patch the form for the picture of one's own account, where Wagtail has no setting for another field."""
    fields = AvatarPreferencesForm.base_fields
    fields["avatar"] = PictureField(label=fields["avatar"].label, required=False)

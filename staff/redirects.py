"""Import of redirects, with a size limit: the size is checked first, the rows are counted before they are rendered."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from wagtail.contrib.redirects import views
from wagtail.contrib.redirects.forms import ImportForm
from wagtail.contrib.redirects.utils import get_format_cls_by_extension

LARGEST = 200_000  # bytes of the upload
UNPACKED = 4_000_000  # bytes of an XLSX, uncompressed (zip bomb)
ROWS, COLUMNS = 1_000, 20
ROW = re.compile(rb"[<:]row[\s>/]")
FAR = re.compile(rb'r="(?:[A-Z]{2,}|[A-Z]*[0-9]{5,})')  # a cell far out, whose reader would make all cells before it


class BoundedImportForm(ImportForm):
    def clean_import_file(self) -> UploadedFile:
        """Check the size. Wagtail reads everything and shows every row: 2 MB took 19 seconds and came back as 80."""
        file: UploadedFile = self.cleaned_data["import_file"]
        too_large = _("A file of redirects holds at most %(rows)s rows, and %(size)s kB. Please cut it into parts.")
        too_large %= {"rows": ROWS, "size": LARGEST // 1000}
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(too_large, code="large")
        content = file.read()
        file.seek(0)
        if content.startswith(b"PK") and not _fits(content):
            raise forms.ValidationError(too_large, code="large")
        rows = _rows(file.name or "", content)
        if len(rows) > ROWS or any(len(row) > COLUMNS for row in rows):
            raise forms.ValidationError(too_large, code="large")
        return file


def _fits(content: bytes) -> bool:
    try:
        book = ZipFile(BytesIO(content))
        if sum(part.file_size for part in book.infolist()) > UNPACKED:
            return False
        sheets = [book.read(name) for name in book.namelist() if "worksheets" in name]
        return all(len(ROW.findall(sheet)) <= ROWS + 1 and not FAR.search(sheet) for sheet in sheets)
    except BadZipFile:
        return True  # Wagtail says what is wrong with it


def _rows(name: str, content: bytes) -> list[Any]:
    """Return the rows of the file; none where it cannot be read, which Wagtail reports itself."""
    kind = get_format_cls_by_extension(Path(name).suffix.lstrip("."))
    if kind is None:
        return []
    try:
        return list(kind().create_dataset(content if kind().is_binary() else content.decode()))
    except Exception:  # whatever a parser raises
        return []


def replace() -> None:
    views.ImportForm = BoundedImportForm

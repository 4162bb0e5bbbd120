"""Read a PDF as a checker and a screen reader do: its promises, and its text without the decoration."""

import io
import re
from tempfile import NamedTemporaryFile
from unicodedata import normalize

import pdfua
import pikepdf


def promises(content: bytes) -> dict[str, object]:
    """What PDF/UA asks of the file as a whole."""
    with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_metadata() as meta:
        root = pdf.Root
        return {
            "tags": "/StructTreeRoot" in root,
            "marked": bool(root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False)),
            "language": str(root.get("/Lang", "")),
            "title shown": bool(root.get("/ViewerPreferences", pikepdf.Dictionary()).get("/DisplayDocTitle", False)),
            "part": meta.get("pdfuaid:part", ""),
            "title": meta.get("dc:title", ""),
        }


def findings(content: bytes) -> list[str]:
    """What the checker holds against the file."""
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        return [f"{finding.rule_id}: {finding.message}" for finding in pdfua.validate(file.name).findings]


def roles(content: bytes) -> set[str]:
    """The kinds of elements in the structure tree."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {str(item["/S"])[1:] for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item}


def text(content: bytes) -> str:
    """All text in reading order, without spaces; what is marked as decoration is left out."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return "".join(_page(page) for page in pdf.pages)


def squeezed(words: str) -> str:
    return "".join(words.split())


def longest_line(content: bytes) -> int:
    """How many letters the longest run has that is drawn without a new place: a line, or a part of one."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        steps = [step for page in pdf.pages for step in pikepdf.parse_content_stream(page)]
    drawn = [step.operands[0] for step in steps if str(step.operator) in ("Tj", "TJ")]
    runs = [parts if isinstance(parts, pikepdf.Array) else [parts] for parts in drawn]
    return max(sum(len(bytes(part)) // 2 for part in run if isinstance(part, pikepdf.String)) for run in runs)


def links(content: bytes) -> list[str]:
    """Where its links lead."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = [
            item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Link"
        ]
        return [str(item["/A"]["/URI"]) for item in found]


def _page(page: pikepdf.Page) -> str:
    maps = {str(name): _unicode(font) for name, font in page.resources.get("/Font", {}).items()}
    marks: list[str] = []
    found, font = "", ""
    for step in pikepdf.parse_content_stream(page):
        operands, name = step.operands, str(step.operator)
        if name in ("BDC", "BMC"):
            spoken = _spoken(operands[1]) if len(operands) > 1 else ""
            found += spoken
            marks.append("/Artifact" if spoken else str(operands[0]))  # its letters are said already
        elif name == "EMC":
            marks.pop()
        elif name == "Tf":
            font = str(operands[0])
        elif name in ("Tj", "TJ") and "/Artifact" not in marks:
            parts = operands[0] if name == "TJ" else [operands[0]]
            codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            found += "".join(maps[font].get(codes[at : at + 2].hex(), "") for at in range(0, len(codes), 2))
    return normalize("NFC", squeezed(found))


def _spoken(properties: pikepdf.Object) -> str:
    """What stands for a group of shapes, such as a letter and the marks above it."""
    return str(properties.get("/ActualText", "")) if isinstance(properties, pikepdf.Dictionary) else ""


def _unicode(font: pikepdf.Object) -> dict[str, str]:
    """From a typeface's codes to the letters they stand for."""
    table = font["/ToUnicode"].read_bytes().decode("latin-1")
    pairs = re.findall(r"^<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>$", table, re.M)
    return {code.lower(): bytes.fromhex(letters).decode("utf-16-be") for code, letters in pairs}


def figures(content: bytes) -> list[str]:
    """What is said in the place of each picture."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
        return [str(item.get("/Alt", "")) for item in found]

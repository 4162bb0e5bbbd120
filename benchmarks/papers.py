"""Benchmark of receipts as PDF, against typst with an empty page."""

from collections.abc import Iterator
from itertools import count, cycle
from typing import cast

import typst

from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample, here
from donations.letters import papers as site
from donations.models import Receipt
from foundation.drawing import pdf

EACH = 10


def receipts(ground: Ground) -> Iterator[Pair]:
    """Each receipt is rendered once only: typst caches what it has rendered."""
    ground.gifts(EACH * (ground.rounds + 1))
    documents = cycle(Receipt.objects.select_related("gift__supporter").order_by("pk"))
    empty = ground.folder / "empty.typ"
    empty.write_text('#set document(title: "Empty")\n#sys.inputs.at("number")')
    compiler, numbers = typst.Compiler(root=str(ground.folder), ignore_system_fonts=True), count()

    def draw() -> Sample:
        drawn: list[bytes] = []
        sample = here(EACH, lambda: drawn.extend(site.receipt(next(documents)).content for _ in range(EACH)))
        insist(len(set(drawn)) == EACH, "Two receipts are the same file.")
        return sample

    def blank() -> Sample:
        drawn: list[bytes] = []
        facts = [{"number": str(next(numbers))} for _ in range(EACH)]

        def ask(each: dict[str, str]) -> bytes:
            made = compiler.compile(str(empty), format="pdf", sys_inputs=each, pdf_standards=[pdf.STANDARD])
            insist(isinstance(made, bytes), "typst drew more than one file.")
            return cast(bytes, made)

        sample = here(EACH, lambda: drawn.extend(map(ask, facts)))
        insist(all(each.startswith(b"%PDF") for each in drawn), "typst drew no PDF.")
        return sample

    yield Pair("A receipt as PDF", "typst, a page with a number", "files", draw, blank)

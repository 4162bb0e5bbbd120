"""The panel's first page as staff see it: its sections, and the lists that its numbers lead to."""

from bs4 import BeautifulSoup, Tag

from tests.staff.users import signed_in


def home(role: str = "Donor care") -> BeautifulSoup:
    return BeautifulSoup(signed_in(role).get("/admin/").content, "html.parser")


def section(page: BeautifulSoup, name: str) -> Tag:
    found = page.select_one(f"section[aria-labelledby={name}]")
    assert found is not None, name
    return found


def rows_behind(links: list[Tag]) -> list[int]:
    """How many rows each list has that a number leads to, for one who may see all."""
    client = signed_in("Administrator", "walks@example.org")
    pages = [BeautifulSoup(client.get(str(link["href"])).content, "html.parser") for link in links]
    return [len(page.select("table.listing tbody tr")) for page in pages]

"""What axe finds on a page in the browser. Put into a document once: most looks at a page are second ones."""

from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Only what broke a rule comes back, with where: all that passed would be a megabyte for a long page.
# Whatever moves is brought to its end first: the words of a message that fades in for half a second would be too pale.
RUN = """async ([rules, tags, within]) => {
    const still = new CSSStyleSheet()
    const end = "transition: none !important; animation-duration: 0s !important; animation-delay: 0s !important"
    still.replaceSync(`*, *::before, *::after { ${end} }`)
    document.adoptedStyleSheets.push(still)
    const only = rules.length ? {type: "rule", values: rules} : tags.length ? {type: "tag", values: tags} : undefined
    const found = await axeOfOurs.run(within, {resultTypes: ["violations"], ...(only && {runOnly: only})})
    document.adoptedStyleSheets.splice(document.adoptedStyleSheets.indexOf(still), 1)
    return found.violations.map(rule => [rule.id, rule.nodes.slice(0, 3).map(node => node.html)])
}"""


def violations(
    page: Page, rules: Sequence[str] = (), tags: Sequence[str] = (), within: str = "html"
) -> list[tuple[str, list[str]]]:
    """Which rules are broken, and the first elements that break each: of all rules, or of those named."""
    if not page.evaluate("'axeOfOurs' in window"):
        # Wagtail brings an axe of its own. The last value goes back to the test: all of axe would take half a second.
        page.evaluate(f"{AXE_SCRIPT};window.axeOfOurs = window.axe;void 0")
    return [(rule, elements) for rule, elements in page.evaluate(RUN, [rules, tags, within])]


def in_both_themes(page: Page, tags: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The same in the light, and what dark can change, its colours, in the dark: one page for both."""
    found = violations(page, tags=tags)
    page.emulate_media(color_scheme="dark")
    found += violations(page, ["color-contrast"])
    page.emulate_media(color_scheme="light")
    return found

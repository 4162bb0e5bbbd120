"""Where Django finds the models of this app; each file holds one subject."""

from awareness.facts import Figure, Source
from awareness.hotlines import Hotline
from awareness.keeping import Loaded
from awareness.navigation import Navigation
from awareness.pages import ArticlePage, HelpPage, HomePage, SectionPage

__all__ = ["ArticlePage", "Figure", "HelpPage", "HomePage", "Hotline", "Loaded", "Navigation", "SectionPage", "Source"]

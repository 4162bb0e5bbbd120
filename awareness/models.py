"""Models of this app, imported where Django finds them; each file holds one subject."""

from awareness.articles import ArticleIndexPage, NewsroomPage
from awareness.contact import ContactPage, Reason
from awareness.content_sync import LoadedContent
from awareness.facts import Figure, Source
from awareness.facts_page import FactsPage
from awareness.films import FilmIndexPage, FilmPage
from awareness.found_links import FoundLink
from awareness.help_languages import HelpLanguage
from awareness.hotlines import Hotline
from awareness.kinds import DocumentsPage, FaqPage, ToolkitPage
from awareness.messages import Answer, Message
from awareness.navigation import Navigation
from awareness.openings import JobIndexPage, JobPage
from awareness.page_words import PageWords
from awareness.pages import ArticlePage, HelpPage, HomePage, SectionPage
from awareness.podcast import EpisodePage, PodcastPage
from awareness.reviews import Review
from awareness.topics import Author, Topic

__all__ = [
    "Answer",
    "ArticleIndexPage",
    "ArticlePage",
    "Author",
    "ContactPage",
    "DocumentsPage",
    "EpisodePage",
    "FactsPage",
    "FaqPage",
    "Figure",
    "FilmIndexPage",
    "FilmPage",
    "FoundLink",
    "HelpLanguage",
    "HelpPage",
    "HomePage",
    "Hotline",
    "JobIndexPage",
    "JobPage",
    "LoadedContent",
    "Message",
    "Navigation",
    "NewsroomPage",
    "PageWords",
    "PodcastPage",
    "Reason",
    "Review",
    "SectionPage",
    "Source",
    "ToolkitPage",
    "Topic",
]

"""StreamField bodies: which blocks each page type offers, and the blocks of the front page and of Get help."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from awareness import blocks as own
from awareness import extras, layout, media
from awareness.base_blocks import FigureBlock, Part, RichWordsBlock, WordsBlock
from awareness.links import LinkBlock, OptionalLinkBlock

EMBLEMS = [("ripple", _("Ripple")), ("lens", _("Lens")), ("braid", _("Braid"))]


class LeadFigureBlock(own.DotFieldBlock):
    """The lead figure of the front page: one number in the largest type, with its field of dots and a link."""

    link = LinkBlock(label=_("Link"))

    class Meta:
        icon = "decimal"
        label = _("Leading figure")
        template = own.template("lead_figure")


class StatLineBlock(Part):
    figure = FigureBlock()
    words = WordsBlock(label=_("Words"), required=False, help_text=own.NAMES_HELP)


class StatsBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=80, required=False)
    stats = blocks.ListBlock(StatLineBlock(), label=_("Figures"))

    class Meta:
        icon = "decimal"
        label = _("Figures side by side")
        template = own.template("stats")


class WayBlock(Part):
    emblem = blocks.ChoiceBlock(label=_("Emblem"), choices=EMBLEMS, required=False, search_index=False)
    title = blocks.CharBlock(label=_("Title"), max_length=60)
    text = WordsBlock(label=_("Text"))
    link = OptionalLinkBlock(label=_("Link"))


class WaysBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    intro = WordsBlock(label=_("Introduction"), required=False)
    ways = blocks.ListBlock(WayBlock(), label=_("Ways"))

    class Meta:
        icon = "grip"
        label = _("Ways of working")
        template = own.template("ways")


class RoadBlock(Part):
    """A timeline: what happens from the first step to the last, along the line."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    intro = WordsBlock(label=_("Introduction"), required=False)
    steps = blocks.ListBlock(own.StepBlock(), label=_("Steps"), min_num=2, max_num=4)
    link = OptionalLinkBlock(label=_("Link"))

    class Meta:
        icon = "arrow-right"
        label = _("Steps along the line")
        template = own.template("road")


class ChangeBlock(Part):
    emblem = blocks.ChoiceBlock(label=_("Emblem"), choices=EMBLEMS, required=False, search_index=False)
    title = blocks.CharBlock(label=_("Title"), max_length=60)
    problem = WordsBlock(label=_("The problem"))
    work = WordsBlock(label=_("What is done"))
    result = WordsBlock(label=_("What should follow"))
    measure = WordsBlock(label=_("How we can tell"))


class ChangesBlock(Part):
    """Theory of change, from a problem to how one can tell that it became smaller: a table that is its own diagram."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    changes = blocks.ListBlock(ChangeBlock(), label=_("Lines of work"))

    class Meta:
        icon = "arrow-right"
        label = _("From problem to change")
        template = own.template("changes")


class PassageBlock(Part):
    """A title with a short text beside it, across the whole page."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = RichWordsBlock(label=_("Text"), help_text=own.NAMES_HELP)
    link = OptionalLinkBlock(label=_("Link"))

    class Meta:
        icon = "pilcrow"
        label = _("Title and text")
        template = own.template("passage")


class PledgeCallBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = RichWordsBlock(label=_("Text"))
    button = blocks.CharBlock(label=_("Button"), max_length=60)

    class Meta:
        icon = "pick"
        label = _("Call to sign the pledge")
        template = own.template("pledge_call")


class GiveCallBlock(Part):
    """Leads to /give/ by a GET form that asks how often."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = WordsBlock(label=_("Text"), required=False)
    button = blocks.CharBlock(label=_("Button"), max_length=60)

    class Meta:
        icon = "pick"
        label = _("Call to give")
        template = own.template("give_call")


class LinksBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    links = blocks.ListBlock(LinkBlock(), label=_("Links"))

    class Meta:
        icon = "link"
        label = _("Links")
        template = own.template("links")


class SignGroupBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=80)
    items = blocks.ListBlock(WordsBlock(rows=1), label=_("Signs"))


class SignsBlock(Part):
    """Signs by setting. `warning` is printed with every list."""

    warning = WordsBlock(label=_("Warning"))
    groups = blocks.ListBlock(SignGroupBlock(), label=_("Settings"))

    class Meta:
        icon = "list-ul"
        label = _("Signs")
        template = own.template("signs")


class DoDontBlock(Part):
    do_title = blocks.CharBlock(label=_("Title of what to do"), max_length=80)
    do = blocks.ListBlock(WordsBlock(rows=1), label=_("What to do"))
    dont_title = blocks.CharBlock(label=_("Title of what not to do"), max_length=80)
    dont = blocks.ListBlock(WordsBlock(rows=1), label=_("What not to do"))

    class Meta:
        icon = "tick-inverse"
        label = _("What to do, what not to do")
        template = own.template("do_dont")


class ArticleBody(own.Body):
    heading = own.HeadingBlock()
    paragraph = own.ParagraphBlock()
    definition = own.DefinitionBlock()
    stat = own.StatBlock()
    figures = own.FiguresBlock()
    dot_field = own.DotFieldBlock()
    corrections = own.CorrectionsBlock()
    pairs = own.PairsBlock()
    note = own.NoteBlock()
    pull = own.PullBlock()
    steps = own.StepsBlock()
    stats = StatsBlock()
    ways = WaysBlock()
    road = RoadBlock()
    changes = ChangesBlock()
    actions = own.ActionsBlock()
    give_call = GiveCallBlock()
    call = layout.CallBlock()
    columns = layout.ColumnsBlock()
    table = layout.TableBlock()
    picture = media.PictureBlock()
    beside = media.BesideBlock()
    gallery = media.GalleryBlock()
    film = media.FilmBlock()
    sound = media.SoundBlock()
    quote = media.QuoteBlock()
    people = media.PeopleBlock()
    link_card = layout.LinkCardBlock()
    question = extras.QuestionBlock()
    checklist = extras.ChecklistBlock()
    file = extras.FileBlock()
    poster = extras.PosterBlock()
    pledge = extras.PledgeBlock()
    campaign = extras.CampaignBlock()
    ledger_chart = extras.LedgerChartBlock()
    store = extras.StoreBlock()
    kept = extras.KeptBlock()
    for_staff = extras.ForStaffBlock()


# On the front page these have full width; all others stand in a column.
OWN_BANDS = frozenset(
    ["passage", "lead_figure", "stats", "ways", "road", "pledge_call", "give_call", "links", "pledge", "campaign"]
)


class HomeBody(own.Body):
    passage = PassageBlock()
    lead_figure = LeadFigureBlock()
    stats = StatsBlock()
    ways = WaysBlock()
    road = RoadBlock()
    pledge_call = PledgeCallBlock()
    give_call = GiveCallBlock()
    links = LinksBlock()
    paragraph = own.ParagraphBlock()
    note = own.NoteBlock()
    call = layout.CallBlock()
    columns = layout.ColumnsBlock()
    table = layout.TableBlock()
    picture = media.PictureBlock()
    beside = media.BesideBlock()
    gallery = media.GalleryBlock()
    film = media.FilmBlock()
    sound = media.SoundBlock()
    quote = media.QuoteBlock()
    people = media.PeopleBlock()
    link_card = layout.LinkCardBlock()
    file = extras.FileBlock()
    question = extras.QuestionBlock()
    ledger_chart = extras.LedgerChartBlock()
    pledge = extras.PledgeBlock()
    campaign = extras.CampaignBlock()
    for_staff = extras.ForStaffBlock()


class HelpBody(own.Body):
    heading = own.HeadingBlock()
    paragraph = own.ParagraphBlock()
    note = own.NoteBlock()
    signs = SignsBlock()
    do_dont = DoDontBlock()
    steps = own.StepsBlock()
    for_staff = extras.ForStaffBlock()

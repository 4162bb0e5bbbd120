"""The sample pledge of a new site: neutral words that say they are a sample."""

from django.conf import settings

from pledges import wording
from pledges.models import Pledge

SLUG = "abolitionist"
TITLE = "The Abolitionist Pledge"
TEXT = """\
Nobody may be bought, sold, or made to work or serve by force, threat or deceit.
I promise, for my part:
* I will learn what human trafficking is from sources that say where their numbers come from.
* I will ask what stands behind the things I buy, watch and share.
* I will speak of people who have experienced trafficking with respect, and leave their stories to them.
* When I see something that worries me, I will tell a hotline or the police, and not act on my own.
"""
# language code: (title, text)
IN_OTHER_LANGUAGES = {
    "es": (
        "El compromiso abolicionista",
        """\
A nadie se le puede comprar, vender ni obligar a trabajar o a servir por la fuerza, con amenazas o con engaños.
Por mi parte, prometo:
* Aprenderé qué es la trata de personas en fuentes que digan de dónde vienen sus cifras.
* Preguntaré qué hay detrás de lo que compro, miro y comparto.
* Hablaré con respeto de las personas que han vivido la trata, y dejaré que sus historias sean suyas.
* Cuando vea algo que me preocupe, se lo diré a una línea de ayuda o a la policía, y no actuaré por mi cuenta.
""",
    )
}


def load() -> None:
    """Create the sample pledge if there is no pledge at all. Idempotent; what staff wrote is never touched."""
    if not Pledge.objects.exists():
        pledge = Pledge.objects.create(slug=SLUG, title=TITLE, is_main=True)
        wording.publish(pledge, TEXT, is_sample=True)
    _translate()


def _translate() -> None:
    """Translate the sample into the site's other languages, while it is the sample and has no translation there."""
    pledge = Pledge.objects.filter(slug=SLUG).first()
    newest = pledge.newest_text if pledge else None
    if newest is None or (newest.text, newest.is_sample) != (TEXT.strip(), True):
        return
    for language, (title, text) in IN_OTHER_LANGUAGES.items():
        if language in dict(settings.LANGUAGES) and newest.said_in(language) is None:
            wording.translate(newest, language, title, text)

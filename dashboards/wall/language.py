"""The languages of the wall: what is said in English in the code, and how it is said in Dutch.

What has no entry stays English: alerts as Alertmanager has them, and what only operators read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

from dashboards.wall.explain_words import EXPLAINING
from dashboards.wall.personal_words import PERSONAL

Language = Literal["en", "nl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_language: ContextVar[Language] = ContextVar("language", default="en")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Within it, `say` and `number` are of that language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def say(english: str, **values: object) -> str:
    """A text in the language that is spoken, with *values* for what stands in braces."""
    text = DUTCH.get(english, english) if _language.get() == "nl" else english
    return text.format(**values) if values else text


def number(value: float, digits: int = 0) -> str:
    """A number with separators of thousands, and so many decimals."""
    text = f"{value:,.{digits}f}"
    return text.translate(_COMMAS) if _language.get() == "nl" else text


def decimal_mark() -> str:
    """What stands before the decimals of `number`."""
    return "," if _language.get() == "nl" else "."


_COMMAS = str.maketrans(",.", ".,")

DUTCH = {
    # KPIs, windows, samples
    "Contacts to leads": "Contacten naar leads",
    "Disqualification": "Diskwalificatie",
    "Disqualification by delivery": "Diskwalificatie per aanlevering",
    "Inbound share": "Aandeel inbound",
    "Effective touchpoints": "Effectieve contactmomenten",
    "Pace": "Tempo",
    "Leads won": "Gewonnen leads",
    "last 15 minutes": "afgelopen 15 minuten",
    "last hour": "afgelopen uur",
    "last 4 hours": "afgelopen 4 uur",
    "today": "vandaag",
    "last 2 open days": "laatste 2 werkdagen",
    "last 5 open days": "laatste 5 werkdagen",
    "last 20 open days": "laatste 20 werkdagen",
    "last 90 days": "laatste 90 dagen",
    "today by hour": "vandaag per uur",
    "last 20 open days, five to a point": "laatste 20 werkdagen, vijf per punt",
    "What began of late may still come to something.": "Wat net begon, kan nog iets worden.",
    "of {count} {what}": "van {count} {what}",
    "contacts": "contacten",
    "decided": "beslist",
    "delivered": "aangeleverd",
    "of known origin": "met bekende herkomst",
    "expected by now": "verwacht tot nu",
    "leads": "leads",
    "no contacts yet": "nog geen contacten",
    "no decisions yet": "nog geen beslissingen",
    "nothing delivered yet": "nog niets aangeleverd",
    "no leads of known origin yet": "nog geen leads met bekende herkomst",
    "nothing expected yet": "nog niets verwacht",
    "no leads yet": "nog geen leads",
    "nothing counted yet": "nog niets geteld",
    "at least": "minstens",
    "at most": "hoogstens",
    "around": "rond",
    "of {count} expected by now": "van {count} verwacht tot nu",
    "pace {percent}": "tempo {percent}",
    "{percent} pending": "{percent} open",
    "Share of the contacts reached that became leads.": (
        "Aandeel van de bereikte contacten dat een lead werd."
    ),
    "Share of the appointments decided in the window that account managers did not accept.": (
        "Aandeel van de beslissingen over afspraken waarbij accountmanagers niet accepteerden."
    ),
    "Share of the appointments delivered in the window that were rejected so far.": (
        "Aandeel van de aangeleverde afspraken dat tot nu toe is afgewezen."
    ),
    "Share of the new leads of known origin that came in through marketing.": (
        "Aandeel van de nieuwe leads met bekende herkomst dat via marketing kwam."
    ),
    "The calls, e-mails and InMails that reached somebody.": (
        "De gesprekken, e-mails en InMails die iemand bereikten."
    ),
    "Effective touchpoints against those expected by now.": (
        "Effectieve contactmomenten tegenover wat tot nu verwacht is."
    ),
    "Share of the leads created in the window that were won so far.": (
        "Aandeel van de nieuwe leads dat tot nu toe is gewonnen."
    ),
    "became leads": "werd lead",
    "accepted": "geaccepteerd",
    "rejected": "afgewezen",
    "undecided": "onbeslist",
    "inbound": "inbound",
    "outbound": "outbound",
    "effective": "effectief",
    "won": "gewonnen",
    # states
    "on target": "op doel",
    "close": "dichtbij",
    "off target": "buiten doel",
    "too few to tell": "te weinig gegevens",
    "stale": "verouderd",
    "incomplete": "onvolledig",
    "closed": "gesloten",
    "{state}: {why}": "{state}: {why}",
    # feeds and ages
    "calls": "gesprekken",
    "e-mails": "e-mails",
    "InMails": "InMails",
    "lead changes": "leadwijzigingen",
    "{feed} {span} late": "{feed} {span} te laat",
    "no {feed}": "geen {feed}",
    "{feed}: none yet": "{feed}: nog geen",
    "{feed}: last {span} ago": "{feed}: laatste {span} geleden",
    "{number}\u00a0d": "{number}\u00a0d",
    "{number}\u00a0h": "{number}\u00a0u",
    "{number}\u00a0min": "{number}\u00a0min",
    "{number}\u00a0s": "{number}\u00a0s",
    "no data yet": "nog geen gegevens",
    "data {span} old": "gegevens {span} oud",
    # what is missing
    "partition": "partitie",
    "partitions": "partities",
    "leads partition": "leadpartitie",
    "leads partitions": "leadpartities",
    "is not reporting": "meldt zich niet",
    "are not reporting": "melden zich niet",
    "was written by another version": "is van een andere versie",
    "were written by another version": "zijn van een andere versie",
    "lost records": "verloor records",
    "is still being read": "wordt nog gelezen",
    "are still being read": "worden nog gelezen",
    "{count} more": "nog {count}",
    "{first} and {last}": "{first} en {last}",
    "The clock of a worker is {span} ahead of the brokers'.": (
        "De klok van een worker loopt {span} voor op die van de brokers."
    ),
    "The clock of a worker is {span} behind the brokers'.": (
        "De klok van een worker loopt {span} achter op die van de brokers."
    ),
    "Waiting for the first worker.": "Wacht op de eerste worker.",
    "Redis was not read yet.": "Redis is nog niet gelezen.",
    "Redis lost readings.": "Redis is waarden kwijt.",
    "Redis is away.": "Redis is onbereikbaar.",
    "Redis is full: raise its maxmemory.": "Redis is vol: verhoog maxmemory.",
    "Redis is loading its data.": "Redis laadt de gegevens nog.",
    "Redis is a cluster that is down.": "Redis is een cluster dat niet werkt.",
    "The layout in Redis cannot be read.": "De indeling in Redis is onleesbaar.",
    "Showing the last known numbers.": "Dit zijn de laatst bekende cijfers.",
    "Alertmanager does not answer: alerts are not known.": (
        "Alertmanager antwoordt niet: alarmen zijn niet bekend."
    ),
    "There are no floors on the roster.": "Er staan geen afdelingen in het rooster.",
    # floors and teams
    "open": "open",
    "not on the roster": "niet in het rooster",
    "{count} reps": "{count} medewerkers",
    "1 rep": "1 medewerker",
    "systems": "systemen",
    "Best of today: {names}": "Beste van vandaag: {names}",
    "Not broken down by team, so that no team of fewer than {smallest} can be read.": (
        "Niet uitgesplitst, zodat geen team van minder dan {smallest} af te lezen is."
    ),
    "Not shown, so that no team of fewer than {smallest} can be read: {names}.": (
        "Niet getoond, zodat geen team van minder dan {smallest} af te lezen is: {names}."
    ),
    "now": "nu",
    "{alert}, and {count} more": "{alert}, en nog {count}",
    # pages of reps
    "Calls": "Gesprekken",
    "E-mails": "E-mails",
    "Leads created": "Nieuwe leads",
    "Contacts reached": "Bereikte contacten",
    "There are no numbers of this rep any more: the worker that has them is not reporting.": (
        "Er zijn geen cijfers meer van deze medewerker: de worker die ze heeft meldt zich niet."
    ),
}
# What stands in the pages themselves; the server puts the language in.
PAGE_WORDS = {
    "Connecting to the wall …": "Verbindt met het bord …",
    "If this stays, scripts are off, or the browser is older than Chromium 63 or Safari 12.": (
        "Blijft dit staan, dan staan scripts uit of is de browser ouder dan Chromium 63 of "
        "Safari 12."
    ),
    "No connection to the wall.": "Geen verbinding met het bord.",
    "This page cannot draw the numbers. Showing older ones.": (
        "Deze pagina kan de cijfers niet tekenen. Dit zijn oudere."
    ),
    "There is no such floor or team:": "Deze afdeling of dit team is er niet:",
    "Alerts that fire": "Alarmen van nu",
    "Close": "Sluiten",
    "Who saw your numbers": "Wie je cijfers zag",
    "Back to the list of people": "Terug naar de lijst van mensen",
    # at the door
    "To the wall": "Naar het bord",
    "This page asks for a link. Open the one that you were given, or ask for a new one.": (
        "Deze pagina vraagt om een link. Open de link die je hebt gekregen, of vraag een nieuwe."
    ),
    "This page does not open here.": "Deze pagina opent hier niet.",
    "a wall of all floors": "een bord van alle afdelingen",
    "This browser is open for": "Deze browser is open voor",
    "Open it with this one instead? It is the link of": (
        "In plaats daarvan met deze openen? Het is de link van"
    ),
    "This link does not open: it was not made here, or is not whole. Ask for a new one.": (
        "Deze link opent niet: hij is niet hier gemaakt, of niet heel. Vraag een nieuwe."
    ),
    "This link has ended. Ask for a new one.": "Deze link is verlopen. Vraag een nieuwe.",
    "This link does not open any more. Ask for a new one.": (
        "Deze link opent niet meer. Vraag een nieuwe."
    ),
    "Too many links that did not open. Try again in a minute.": (
        "Te veel links die niet openden. Probeer het over een minuut opnieuw."
    ),
    "This link opens at another address only. Ask for a new one.": (
        "Deze link opent alleen op een ander adres. Vraag een nieuwe."
    ),
    "Go to what it opens": "Naar wat er opent",
    "Open it instead": "Deze openen",
    "Stay as it is": "Zo laten",
    "Sign this browser out": "Deze browser afmelden",
    "Sign in, or open the link that you were given.": (
        "Meld je aan, of open de link die je hebt gekregen."
    ),
    "Sign in instead": "In plaats daarvan aanmelden",
    ">Sign in<": ">Aanmelden<",
}
DUTCH.update({**EXPLAINING, **PAGE_WORDS, **PERSONAL})

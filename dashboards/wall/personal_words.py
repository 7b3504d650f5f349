"""What pages of persons say, in English and in Dutch."""

PERSONAL = {
    "Last hour": "Afgelopen uur",
    "of {count} expected": "van {count} verwacht",
    "nothing expected": "niets verwacht",
    "Best day": "Beste dag",
    "of the last 20 open days: {day}": "van de laatste 20 werkdagen: {day}",
    "none yet": "nog geen",
    "Appointments undecided": "Onbesliste afspraken",
    "{count} overdue": "{count} te laat",
    "none overdue": "geen te laat",
    "Last {count} events": "Laatste {count} gebeurtenissen",
    "Jan": "jan",
    "Feb": "feb",
    "Mar": "mrt",
    "Apr": "apr",
    "May": "mei",
    "Jun": "jun",
    "Jul": "jul",
    "Aug": "aug",
    "Sep": "sep",
    "Oct": "okt",
    "Nov": "nov",
    "Dec": "dec",
    # teams
    "Nobody is in this team now.": "Er zit nu niemand in dit team.",
    "no numbers yet": "nog geen cijfers",
    "off today": "vandaag vrij",
    "starts at {time}": "begint om {time}",
    "off since {time}": "vrij sinds {time}",
    "nothing is expected": "er wordt niets verwacht",
    # events
    "Call": "Gesprek",
    "E-mail": "E-mail",
    "InMail": "InMail",
    "Inbound call": "Inkomend gesprek",
    "Inbound e-mail": "Inkomende e-mail",
    "Inbound InMail": "Inkomende InMail",
    "Lead created": "Nieuwe lead",
    "Lead taken up": "Lead opgepakt",
    "Appointment delivered": "Afspraak aangeleverd",
    "Appointment accepted": "Afspraak geaccepteerd",
    "Appointment rejected": "Afspraak afgewezen",
    "Lead reopened": "Lead heropend",
    "Nobody came": "Niemand kwam",
    "Appointment cancelled": "Afspraak afgezegd",
    "Appointment moved": "Afspraak verzet",
    "Lead won": "Lead gewonnen",
    "Lead lost": "Lead verloren",
    "Lead merged": "Lead samengevoegd",
    "Lead changed": "Lead gewijzigd",
    "outcome not known": "uitkomst onbekend",
    "answered": "opgenomen",
    "voicemail": "voicemail",
    "no answer": "geen gehoor",
    "busy": "in gesprek",
    "wrong number": "verkeerd nummer",
    "failed": "mislukt",
    "sent": "verstuurd",
    "bounced": "niet bezorgd",
    "replied": "beantwoord",
    "replied automatically": "automatisch beantwoord",
    "declined": "geweigerd",
    "{span} of talk": "{span} gepraat",
    "counts": "telt",
    "does not count, because {why}": "telt niet, want {why}",
    "it waits for its minute": "de minuut komt nog",
    "it was deleted in the source": "dit is in de bron gewist",
    "a system did it": "een systeem deed dit",
    "a sequence sent it": "een reeks verstuurde dit",
    "its direction is not known": "de richting is onbekend",
    "of what comes in only answered calls count": (
        "van wat binnenkomt tellen alleen opgenomen gesprekken"
    ),
    "it reached nobody": "er is niemand bereikt",
    "it was declined": "het is geweigerd",
    "its outcome is not known": "de uitkomst is onbekend",
    "it counts from {needed} of talk": "dit telt vanaf {needed} gepraat",
    "it counts from {needed} of talk, or by an outcome that the floor names": (
        "dit telt vanaf {needed} gepraat, of door een uitkomst die de afdeling noemt"
    ),
    "the lead was created before": "de lead was er al",
    "the appointment was delivered before": "de afspraak was al aangeleverd",
    "no appointment was delivered before it": "er was geen afspraak aangeleverd",
    "the appointment was cancelled": "de afspraak is afgezegd",
    "that was decided before": "dat was al beslist",
    "a later change took its place": "een latere wijziging kwam ervoor in de plaats",
    "the lead was reopened after it": "de lead is daarna heropend",
    "the lead was merged into another": "de lead is samengevoegd met een andere",
    "what changed is not known": "wat er wijzigde is onbekend",
    "the lead is not won": "de lead is niet gewonnen",
    "the lead is of another origin": "de lead komt ergens anders vandaan",
    "the appointment is decided": "over de afspraak is beslist",
    "the appointment is not decided": "over de afspraak is niet beslist",
    "a colleague gets the credit": "dit staat op naam van een collega",
    "no number is made of it": "hier hoort geen cijfer bij",
    # ways on, and back
    "Whose pages open to you": "Van wie je de pagina kunt openen",
    "To the wall of their floors": "Naar het bord van hun afdelingen",
    "To what this browser opens": "Naar wat deze browser opent",
    "Back to the numbers": "Terug naar de cijfers",
    "Back to all entries": "Terug naar alle regels",
    "There are no numbers of a rep with this id.": (
        "Er zijn geen cijfers van een medewerker met dit id."
    ),
    "Try again in a moment.": "Probeer het zo weer.",
    # who looked at whom
    "Who looked at whom cannot be read now. Try again in a minute.": (
        "Wie naar wie keek is nu niet te lezen. Probeer het over een minuut weer."
    ),
    "Who made links for you": "Wie links voor je maakte",
    "Who saw whose numbers": "Wie wiens cijfers zag",
    "Whoever saw them on these pages, hour by hour, in the last 400 days.": (
        "Wie ze op deze pagina's zag, per uur, in de laatste 400 dagen."
    ),
    "Who reads them in Prometheus, Grafana, Redis or Kafka is not recorded here.": (
        "Wie ze in Prometheus, Grafana, Redis of Kafka leest, staat hier niet."
    ),
    "Nobody did.": "Niemand.",
    "These are the newest {count}; there are older ones.": (
        "Dit zijn de nieuwste {count}; er zijn ook oudere."
    ),
    "Entries that cannot be read: {count}.": "Regels die niet te lezen zijn: {count}.",
    "Entries": "Regels",
    "Hour (UTC)": "Uur (UTC)",
    "Who": "Wie",
    "Whom": "Van wie",
    "As": "Als",
    "Page": "Pagina",
    "team lead": "teamleider",
    "manager": "manager",
    "auditor": "auditor",
    "operator": "beheerder",
    "the page of the rep": "de pagina van de medewerker",
    "the page of the team": "de pagina van het team",
    "what is behind a number": "wat er achter een getal zit",
    "a link was made": "er is een link gemaakt",
    "Who looks at whom cannot be recorded now: Kafka is away, or does not take it.": (
        "Wie naar wie kijkt kan nu niet worden vastgelegd: Kafka is onbereikbaar of weigert het."
    ),
    "Nobody's numbers are shown without that record. Try again in a minute.": (
        "Zonder die vastlegging zijn van niemand cijfers te zien. Probeer het over een minuut weer."
    ),
    # sign-ins
    "Signing in does not work at the moment: the service for it does not answer. "
    "Links open as before.": (
        "Aanmelden lukt nu niet: de dienst ervoor antwoordt niet. Links openen zoals altijd."
    ),
    "This sign-in was begun in another browser or too long ago, or is used up. Sign in again.": (
        "Deze aanmelding begon in een andere browser of te lang geleden, of is al gebruikt. "
        "Meld je opnieuw aan."
    ),
    "This sign-in let nobody in. Try again, or ask whoever runs floorpulse.": (
        "Deze aanmelding liet niemand binnen. Probeer het opnieuw, of vraag de beheerder van "
        "floorpulse."
    ),
    "You signed in as {login}, a login that the roster lets in nowhere now. "
    "Ask whoever keeps the roster.": (
        "Je bent aangemeld als {login}; met die login laat het rooster nu niemand binnen. "
        "Vraag wie het rooster bijhoudt."
    ),
    "Too many sign-ins that let nobody in. Try again in a minute.": (
        "Te veel aanmeldingen die niemand binnenlieten. Probeer het over een minuut opnieuw."
    ),
    "This browser is open for {other}. Sign in as {who} instead?": (
        "Deze browser is open voor {other}. In plaats daarvan aanmelden als {who}?"
    ),
    "Nobody signs in here: it is not set up.": "Aanmelden is hier niet ingericht.",
}

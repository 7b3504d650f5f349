"""What the page behind a number says, in English and in Dutch."""

from metrics.kpis import TOUCHES

EXPLAINING = {
    # why a number is what it is
    "What is behind this number cannot be read now: Kafka is away, or does not give it.": (
        "Wat achter dit getal zit is nu niet te lezen: Kafka is onbereikbaar of geeft het niet."
    ),
    "Others are asking what is behind their numbers. Try again in a moment.": (
        "Anderen vragen nu wat er achter hun cijfers zit. Probeer het zo weer."
    ),
    "There is no such number.": "Dit getal is er niet.",
    "Scheduled": "Ingeroosterd",
    "Counted": "Geteld",
    "Counted: {count}": "Geteld: {count}",
    "Left out": "Niet geteld",
    "Left out: {count}": "Niet geteld: {count}",
    "From {start} until {end}, {zone}.": "Van {start} tot {end}, {zone}.",
    "{team} on {floor}: effective rule {digest}, talk of {seconds} s{listed}.": (
        "{team} op {floor}: regel {digest} voor effectief, {seconds} s gepraat{listed}."
    ),
    ", or {outcome}": ", of {outcome}",
    "Overdue is what was delivered before {date}, more than {days} open days ago.": (
        "Te laat is wat vóór {date} is aangeleverd, meer dan {days} werkdagen geleden."
    ),
    "{count} more are outside the window; JSON and CSV list them.": (
        "Nog {count} vallen buiten de periode; JSON en CSV noemen ze."
    ),
    "yes": "ja",
    "Number": "Nummer",
    "Time": "Tijd",
    "Team": "Team",
    "Channel": "Kanaal",
    "Status": "Status",
    "Lead": "Lead",
    "Contact": "Contact",
    "Direction": "Richting",
    "Outcome": "Uitkomst",
    "Talk (s)": "Gepraat (s)",
    "Disposition": "Afhandeling",
    "Automated": "Automatisch",
    "Deleted": "Gewist",
    "Origin": "Herkomst",
    "Decided by": "Beslist door",
    "Reason": "Reden",
    "Event": "Gebeurtenis",
    "Source": "Bron",
    "Version": "Versie",
    "Why not": "Waarom niet",
    "From": "Van",
    "Until": "Tot",
    "Expected in an hour": "Verwacht per uur",
    # what an event was that is left out
    "before it": "ervoor",
    "after it": "erna",
    "to": "naar",
    "deleted in the source": "gewist in de bron",
    "sent by a sequence": "verstuurd door een reeks",
    "of unknown direction": "richting onbekend",
    "it changes nothing": "het wijzigt niets",
    "within {days} open days": "binnen {days} werkdagen",
    "decided by nobody named": "niet vermeld door wie beslist",
    "decided by {who}": "beslist door {who}",
    "inbound, {outcome}": "inkomend, {outcome}",
    "talk time unknown of {needed}, disposition {own} not among: {named}": (
        "gesprekstijd onbekend van {needed}, afhandeling {own} niet een van: {named}"
    ),
    "talk {talk} s of {needed}, disposition {own} not among: {named}": (
        "{talk} s gepraat van {needed}, afhandeling {own} niet een van: {named}"
    ),
    "none": "geen",
    # what may be missing
    "incomplete: {topic} reports lost events": "onvolledig: {topic} meldt verloren gebeurtenissen",
    "incomplete: {topic} lost its first records; rows may be missing": (
        "onvolledig: {topic} verloor de eerste records; er kunnen regels ontbreken"
    ),
    "touches of before {at} are kept no more; some may be missing": (
        "contactmomenten van vóór {at} worden niet meer bewaard; er kunnen er ontbreken"
    ),
    # why it is left out
    "waits for its minute": "wacht op de minuut",
    "outside the window": "buiten de periode",
    "moved": "verplaatst",
    "retracted": "ingetrokken",
    "automated": "automatisch",
    "a system's, which touches nobody": "van een systeem, dat niemand benadert",
    "not a touch": "geen contactmoment",
    "not effective": "niet effectief",
    "names no contact": "noemt geen contact",
    "no effective touch of the contact in the window and team": (
        "geen effectief contactmoment met het contact in de periode en het team"
    ),
    "no lead of the contact created in the window and team": (
        "geen lead van het contact gemaakt in de periode en het team"
    ),
    "not the lead's first creation": "niet de eerste keer dat de lead is gemaakt",
    "another origin": "een andere herkomst",
    "no delivery before the decision": "geen aanlevering vóór de beslissing",
    "delivered again before a decision: the same appointment": (
        "opnieuw aangeleverd vóór een beslissing: dezelfde afspraak"
    ),
    "the same decision again": "nog eens dezelfde beslissing",
    "superseded by a later change": "vervangen door een latere wijziging",
    "reopened after it": "daarna heropend",
    "the appointment is withdrawn": "de afspraak is ingetrokken",
    "not decided so far": "nog niet beslist",
    "decided": "beslist",
    "not overdue yet": "nog niet te laat",
    "beyond the first two of one decider in ten minutes": (
        "na de eerste twee van één beslisser in tien minuten"
    ),
    "not won so far": "nog niet gewonnen",
    "a status that is not known": "een onbekende status",
    "the lead was merged into another": "de lead is samengevoegd met een andere",
    "earned in another team": "verdiend in een ander team",
    "credited to another rep": "op naam van een collega",
    # what the numbers are
    TOUCHES.help: (
        "Uitgaande gesprekken, e-mails en InMails van de medewerker, en inkomende gesprekken die "
        "een mens aannam; niet automatisch."
    ),
    "Touches that reached somebody, by the floor's effective rule.": (
        "Contactmomenten die iemand bereikten, volgens de regel van de afdeling."
    ),
    "Effective touches expected of the rep by now: scheduled minutes times the target's rate.": (
        "Effectieve contactmomenten die tot nu verwacht zijn: ingeroosterde minuten maal het doel."
    ),
    "Distinct contacts with an effective touch of the rep.": (
        "Verschillende contacten met een effectief contactmoment van de medewerker."
    ),
    "Those contacts for whom the rep, in the same team and window, created a lead.": (
        "De contacten voor wie de medewerker, in hetzelfde team en dezelfde periode, een lead "
        "maakte."
    ),
    "Leads created.": "Gemaakte leads.",
    "Leads created, of inbound origin.": "Gemaakte leads, van inbound herkomst.",
    "Leads created, of outbound origin.": "Gemaakte leads, van outbound herkomst.",
    "Appointments whose last decision is accepted, at that decision.": (
        "Afspraken waarover het laatst is beslist dat ze geaccepteerd zijn, op dat moment."
    ),
    "Appointments whose last decision is rejected, at that decision.": (
        "Afspraken waarover het laatst is beslist dat ze afgewezen zijn, op dat moment."
    ),
    "Accepted appointments among the first two decisions per decider and ten minutes.": (
        "Geaccepteerde afspraken onder de eerste twee beslissingen per beslisser en tien minuten."
    ),
    "Rejected appointments among the first two decisions per decider and ten minutes.": (
        "Afgewezen afspraken onder de eerste twee beslissingen per beslisser en tien minuten."
    ),
    "Appointments delivered, withdrawn ones too, at delivery.": (
        "Aangeleverde afspraken, ook ingetrokken, op het moment van aanleveren."
    ),
    "Delivered appointments that were accepted, at delivery.": (
        "Aangeleverde afspraken die geaccepteerd zijn, op het moment van aanleveren."
    ),
    "Delivered appointments that were rejected, at delivery.": (
        "Aangeleverde afspraken die afgewezen zijn, op het moment van aanleveren."
    ),
    "Delivered appointments still undecided, at delivery.": (
        "Aangeleverde afspraken waarover nog niet is beslist, op het moment van aanleveren."
    ),
    "Delivered appointments undecided for more than the floor's agreed open days, at delivery.": (
        "Aangeleverde afspraken waarover langer dan de afgesproken werkdagen niet is beslist, op "
        "het moment van aanleveren."
    ),
    "Leads won, when they were won.": "Gewonnen leads, toen ze gewonnen werden.",
    "Leads won, when they were created.": "Gewonnen leads, toen ze gemaakt werden.",
}

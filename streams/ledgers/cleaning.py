"""Takes out of all ledgers whoever was forgotten, row by row."""

from collections.abc import Iterator

from streams.ledgers.credits import CreditLedger
from streams.ledgers.leads import LeadLedger
from streams.ledgers.touches import TouchLedger


def clean(touches: TouchLedger, leads: LeadLedger, credits: CreditLedger) -> Iterator[bool]:
    """Look at one row after the other, between which others may come; whether each was changed."""
    for rep_id in touches.rep_ids:
        yield from touches.forget(rep_id)
    for lead in [*leads.keys, *leads.open_keys]:
        yield leads.forget(lead)
    for copy in credits.keys:
        yield credits.forget(copy)

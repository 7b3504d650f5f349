"""The channels in which a rep touches people: each one record, from which every output is made.

What a message of a channel looks like on the wire is `streams.events`' business.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to touch a contact, and what everybody calls it.

    `letter` begins the key of its entries in stored rows, so it never changes. `effective` are the
    outcomes in which a touch reached somebody; where `has_talk`, talk time or a disposition of the
    floor's rule has to say so too.
    """

    name: str
    topic: str  # without prefix
    letter: str
    title: str
    plural: str
    meaning: str
    effective: frozenset[str]
    has_talk: bool = False


CHANNELS = (
    Channel(
        name="call",
        topic="calls",
        letter="c",
        title="Calls",
        plural="calls",
        meaning="One call leg of one rep. A transferred call is one event for each rep, with one "
        "id.",
        effective=frozenset({"human"}),
        has_talk=True,
    ),
    Channel(
        name="email",
        topic="emails",
        letter="e",
        title="E-mails",
        plural="e-mails",
        meaning="One e-mail. Mail of a sequence is `automated`, and no touch.",
        effective=frozenset({"sent", "replied", "auto_replied"}),
    ),
    Channel(
        name="inmail",
        topic="inmails",
        letter="i",
        title="InMails",
        plural="InMails",
        meaning="One InMail.",
        effective=frozenset({"sent", "accepted", "replied"}),
    ),
)
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
PLURALS = f"{', '.join(c.plural for c in CHANNELS[:-1])} and {CHANNELS[-1].plural}"
CHANNEL_BY_LETTER = {channel.letter: channel for channel in CHANNELS}
# What is silent when nothing of it arrives: the channels, and the changes of leads.
FEEDS = {**{channel.name: channel.plural for channel in CHANNELS}, "lead": "lead changes"}
# The topics that carry a feed: its input, without prefix, and those of ours, without the app id.
TOPICS = {**{channel.name: channel.topic for channel in CHANNELS}, "lead": "lead-status"}
INTERNAL_TOPICS = {
    feed: ("misrouted-leads", "credits") if feed == "lead" else ("misrouted-touches",)
    for feed in FEEDS
}

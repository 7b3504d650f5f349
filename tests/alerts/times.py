"""Of every alert, the minutes for which it has to be so, and for which it goes on firing after."""

from typing import NamedTuple


class Times(NamedTuple):
    """How slow an alert is, to fire and to resolve."""

    hold: int
    keep: int


TIMES = {
    alert: Times(*minutes)
    for alert, minutes in {
        "DisqualificationSpike": (2, 15),
        "DisqualificationSpikeTeam": (2, 30),
        "DisqualificationDrift": (10, 60),
        "DisqualificationSuspiciouslyLow": (60, 0),
        "DecisionsOverdue": (60, 60),
        "ContactsToLeadsLow": (15, 30),
        "InboundOutboundMixOff": (30, 60),
        "RepDisqualificationTrend": (10, 0),
        "RepPaceBehind": (10, 0),
        "RepSilent": (1, 0),
        "FloorClosed": (0, 0),
        "FloorActivityCollapse": (3, 5),
        "KPIChannelSilent": (1, 0),
        "KPIWorkerDown": (1, 0),
        "KPIWorkersNotReady": (5, 0),
        "KPIWorkersFewer": (15, 0),
        "KPIWorkerUnheard": (2, 0),
        "KPIWorkersAbsent": (2, 0),
        "KPIPartitionsUnassigned": (2, 0),
        "KPIPartitionsUnread": (2, 0),
        "KPIRecoveryStuck": (5, 0),
        "KPIRebalanceStorm": (1, 0),
        "KPIStateIncomplete": (5, 0),
        "KPIClockOff": (1, 0),
        "KPILedgerImbalance": (5, 0),
        "KPIConsumerLag": (2, 5),
        "KPIPartitionStalled": (1, 0),
        "KPIStaleData": (2, 0),
        "KPILateEventsDropped": (5, 0),
        "KPIDeadLetterFlood": (2, 0),
        "KPIDeadLetters": (0, 30),
        "KPIServingStale": (1, 0),
        "KPIUnmappedWords": (5, 0),
        "KPIEventsWithoutPerson": (5, 0),
        "KPILabelsRenamed": (2, 0),
        "KPIShiftCalendarMissing": (5, 0),
        "KPIRepSeriesMissing": (5, 0),
        "KPIRostersDiffer": (5, 0),
        "KPIRepsUnassigned": (15, 0),
    }.items()
}

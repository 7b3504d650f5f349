"""Runbooks: what each alert means and what to do about it, as data, and the pages made of it."""

from collections.abc import Mapping

from dashboards.alerting.runbooks.feeds import FEED_RUNBOOKS
from dashboards.alerting.runbooks.group import GROUP_RUNBOOKS
from dashboards.alerting.runbooks.people import PEOPLE_RUNBOOKS
from dashboards.alerting.runbooks.pipeline import PIPELINE_RUNBOOKS
from dashboards.alerting.runbooks.reps import REP_RUNBOOKS
from dashboards.alerting.runbooks.runbook import Runbook
from dashboards.alerting.runbooks.workers import WORKER_RUNBOOKS

RUNBOOKS: Mapping[str, Runbook] = {
    **PEOPLE_RUNBOOKS,
    **REP_RUNBOOKS,
    **FEED_RUNBOOKS,
    **GROUP_RUNBOOKS,
    **WORKER_RUNBOOKS,
    **PIPELINE_RUNBOOKS,
}

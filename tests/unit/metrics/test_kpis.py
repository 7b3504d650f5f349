"""What the catalogue of measures and KPIs refuses."""

from dataclasses import replace

import pytest

from metrics.kpis import CONTACTS, CONTACTS_CONVERTED, check_contacts


@pytest.mark.parametrize("windows", [("today", "2d", "5d"), (*CONTACTS.windows, "90d")])
def test_contacts_and_those_converted_have_the_same_windows(windows: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"contacts_converted has the windows .*: give both"):
        check_contacts(CONTACTS, replace(CONTACTS_CONVERTED, windows=windows))

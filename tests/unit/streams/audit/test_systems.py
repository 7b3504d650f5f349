"""What an explanation says of systems, and of what no person did."""

from floorpulse.text.answer import answer_table
from tests.build import NORTH, call, status
from tests.explaining import asked, counted, left_out

TEN = "2026-11-23T10:00:00+01:00"
SYSTEMS = NORTH + "systems: {crm: {floor: north}}\nnobody: crm\n"


def test_a_touch_of_a_system_is_left_out_as_that() -> None:
    answer = asked([call(rep="crm")], "touches", rep="crm", text=SYSTEMS)

    assert (answer.number, left_out(answer)) == (0, {"c1": ("system", "")})
    head = answer_table(answer).splitlines()
    assert head[0] == "0  touches of the system crm, today"
    assert head[3].startswith("team systems on north: ")


def test_a_lead_of_a_system_counts_for_it() -> None:
    answer = asked([status("created", TEN, "crm")], "leads_created", rep="crm", text=SYSTEMS)

    assert counted(answer) == [f"created@{TEN}"]


def test_a_lead_that_no_person_made_is_explained_to_whoever_asks() -> None:
    events = [status("created", TEN, None), status("delivered", TEN)]

    nobody = asked(events, "leads_created", rep="", text=SYSTEMS)
    ana = asked(events, "leads_created", text=SYSTEMS)

    assert counted(nobody) == [f"created@{TEN}"]
    assert answer_table(nobody).startswith("1  leads_created of no person, today")
    assert left_out(ana) == {f"created@{TEN}": ("other_rep", "no person")}

"""What of a condition goes to the vendor, and what is checked here."""

from gateway.connector.description.fields import asks
from gateway.connector.description.resource import Resource
from gateway.connector.lists.conditions import EVERYTHING, Both, Member
from gateway.connector.lists.ordering import Order
from gateway.connector.lists.pushdown import plan

ASSETS = Resource(
    type="Asset",
    fields={},
    filters={
        "ticketId": asks("ticket", membership=True),
        "licenceId": asks("licence", membership=True),
    },
)


def test_of_several_memberships_in_several_parents_one_is_asked_for_and_the_other_is_checked() -> None:
    tickets, licences = Member("ticketId", ("1", "2")), Member("licenceId", ("7", "8"))
    planned = plan(ASSETS, Both((tickets, licences)), Order("Asset", ()))
    assert planned.queries == ({"ticket": "1"}, {"ticket": "2"})
    assert planned.left == licences
    assert [(one.part, len(one.asked), one.checked) for one in planned.decided] == [
        (tickets, 2, False),
        (licences, 0, True),
    ]


def test_a_membership_in_one_parent_narrows_the_others_lists() -> None:
    tickets, licence = Member("ticketId", ("1", "2")), Member("licenceId", ("7",))
    planned = plan(ASSETS, Both((tickets, licence)), Order("Asset", ()))
    assert planned.queries == ({"licence": "7", "ticket": "1"}, {"licence": "7", "ticket": "2"})
    assert planned.left == EVERYTHING

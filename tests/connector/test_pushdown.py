"""What of a condition goes to the vendor, and what is checked here."""

from gateway.connector.description.fields import query_param
from gateway.connector.description.resource import Resource
from gateway.connector.lists.conditions import TRUE, And, ServerMembership
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.pushdown import plan_source

ASSETS = Resource(
    type="Asset",
    fields={},
    filters={
        "ticketId": query_param("ticket", membership=True),
        "licenceId": query_param("licence", membership=True),
    },
)


def test_of_several_memberships_in_several_parents_one_is_asked_for_and_the_other_is_checked() -> None:
    tickets, licences = ServerMembership("ticketId", ("1", "2")), ServerMembership("licenceId", ("7", "8"))
    planned = plan_source(ASSETS, And((tickets, licences)), SortOrder("Asset", ()))
    assert planned.queries == ({"ticket": "1"}, {"ticket": "2"})
    assert planned.residual == licences
    assert [(one.part, len(one.pushed), one.rechecked) for one in planned.decisions] == [
        (tickets, 2, False),
        (licences, 0, True),
    ]


def test_a_membership_in_one_parent_narrows_the_others_lists() -> None:
    tickets, licence = ServerMembership("ticketId", ("1", "2")), ServerMembership("licenceId", ("7",))
    planned = plan_source(ASSETS, And((tickets, licence)), SortOrder("Asset", ()))
    assert planned.queries == ({"licence": "7", "ticket": "1"}, {"licence": "7", "ticket": "2"})
    assert planned.residual is TRUE

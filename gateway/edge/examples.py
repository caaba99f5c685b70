"""GraphiQL's example queries: what a new user tries first."""

from gateway.edge.graphiql_page import Tab

TABS = (
    Tab(
        title="One list over all sources. `sources` says how each of them took part.",
        query="""
query AllAssets {
  assets(first: 20, orderBy: [{ field: NAME }]) {
    totalCount
    complete
    sources { source { name vendor } count complete error { code message } }
    nodes {
      name
      serialNumber
      status
      source { name }
      location { name }
      assignedTo { name }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
    ),
    Tab(
        title="A filter means the same for every vendor, whatever it can filter by itself.",
        query="""
query WarrantyEndsSoon($before: Date!) {
  assets(
    first: 50
    filter: { warrantyEndDate: { lt: $before }, status: { in: [IN_USE, AVAILABLE] } }
    orderBy: [{ field: WARRANTY_END_DATE }]
  ) {
    nodes {
      name
      manufacturer
      model
      warranty { status endDate provider }
      source { name vendor }
    }
  }
}
""",
        variables={"before": "2027-06-30"},
    ),
    Tab(
        title="From a thing to what hangs on it: each relation is one step for all rows.",
        query="""
query AssetsWithTickets {
  assets(first: 10, filter: { vendor: { eq: HALO } }) {
    nodes {
      name
      assetTag
      location { name city }
      tickets(first: 5) { nodes { subject status priority createdAt } }
      licences(first: 5) { nodes { name quantity inUse endDate } }
    }
  }
}
""",
    ),
)

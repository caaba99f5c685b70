"""
GraphiQL's example queries, for a new user's first steps. GraphiQL names each tab after its operation.

The values in them, such as a serial number, are in the sandbox's data; other accounts have others. None of them changes
anything as it is.
"""

from gateway.edge.graphiql.page import Tab

TABS = (
    Tab(
        title="Assets of all sources in one list.",
        query="""
query AllSources {
  assets(first: 10) {
    totalCount
    complete
    nodes {
      name
      serialNumber
      status
      source { name }
      location { name }
      assignedTo { name }
    }
    pageInfo { hasNextPage endCursor }
    sources {
      source { name vendor }
      count
      complete
      error { code message }
    }
  }
}
""",
    ),
    Tab(
        title="One device, however each source writes its serial number.",
        query="""
query OneDevice {
  assetsBySerialNumber(serialNumber: "m5z 94t4") {
    id
    source { name vendor }
    name
    serialNumber
    secondarySerialNumber
    assetTag
    status
    manufacturer
    model
    location { name city }
    warranty { status endDate }
  }
}
""",
    ),
    Tab(
        title="Tickets of all sources, newest first.",
        query="""
query OpenTickets {
  tickets(
    first: 20
    filter: {
      status: { in: [NEW, OPEN, IN_PROGRESS, ON_HOLD] }
    }
    orderBy: [{ field: CREATED_AT, direction: DESC }]
  ) {
    totalCount
    nodes {
      subject
      status
      priority
      createdAt
      requester { name email }
      assignee { name }
      assets(first: 3) { nodes { name model } }
      source { name }
    }
  }
}
""",
    ),
    Tab(
        title="Filters mean the same everywhere. See Variables, below.",
        query="""
query WarrantyEnds($from: Date!, $until: Date!) {
  assets(
    first: 50
    filter: {
      warrantyEndDate: { gte: $from, lte: $until }
      status: { ne: RETIRED }
    }
    orderBy: [{ field: WARRANTY_END_DATE }]
  ) {
    totalCount
    nodes {
      name
      serialNumber
      warranty { endDate provider }
      location { name }
      source { name }
    }
  }
}
""",
        variables={"from": "2026-12-01", "until": "2027-03-31"},
    ),
    Tab(
        title="What S3S looked at while it built a server.",
        query="""
query Checklists {
  checklists(first: 5) {
    totalCount
    nodes {
      assemblySerialNumber
      status
      builtBy
      checkedCount
      itemCount
      items { name category checked }
      serviceContract { name durationYears }
      asset { id name serialNumber }
    }
  }
}
""",
    ),
    Tab(
        title="Two lists in one operation, both from Halo.",
        query="""
query Licences {
  licences(first: 5, filter: { active: true }) {
    nodes {
      name
      quantity
      inUse
      available
      endDate
      assets(first: 3) { totalCount nodes { name assetTag } }
    }
  }
  meterReadings(
    first: 10
    filter: { takenAt: { gte: "2026-01-01T00:00:00Z" } }
  ) {
    nodes {
      meterName
      reading
      delta
      takenAt
      asset { name location { name } }
    }
  }
}
""",
    ),
    Tab(
        title=(
            "Hand an asset to somebody. As it stands this is a\n"
            "dry run: it changes nothing, and `planned` tells what\n"
            "Tether would be sent. To do it, set dryRun to false.\n"
            "Done twice it is refused: see `userErrors` then."
        ),
        query="""
mutation ChangeAsset {
  checkoutAsset(
    input: {
      id: "tether:Asset:315"
      employeeId: "tether:Person:205"
      note: "For the new desk"
      dryRun: true
    }
  ) {
    asset {
      name
      status
      assignedTo { name }
      checkoutHistory { action employeeName at note }
    }
    userErrors { code field message }
    planned { method url body }
  }
}
""",
    ),
)

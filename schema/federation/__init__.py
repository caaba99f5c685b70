"""The schema as a subgraph of a federated graph (Apollo Federation 2): its SDL for composition, with keys and costs."""

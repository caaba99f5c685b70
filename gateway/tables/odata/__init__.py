"""OData 4.0 over the kept snapshots, read only: requests become queries of our own, and those SQL of our own."""

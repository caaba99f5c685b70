"""Changes of assets as they happen: one poller a source for all subscribers, and the gateway's own writes at once."""

"""Outbound: asking the vendors over HTTP, within their limits and ours, and keeping what they said for a while."""

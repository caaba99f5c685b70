"""Outbound HTTP: how vendors are asked, and what is done when they fail."""

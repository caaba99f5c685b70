"""Counts: the records of whole lists by the values of their fields. Gives `resolver.CountsResolver`."""

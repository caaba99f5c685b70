"""Flat tables for analysts: the schema's lists as kept snapshots, filled beside the server, in several file formats."""

"""Flat tables for BI: what the schema lists, a row a record and a column a scalar field."""

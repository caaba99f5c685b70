"""History of the tables: of each day the first whole version stays, and is read with its day as a column."""

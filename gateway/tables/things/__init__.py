"""Tables of unified assets: things, their records, conflicts and possible matches, made of the kept `assets`."""

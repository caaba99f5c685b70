"""The tables as a caller with limited rights sees them: files of their own, without what is hidden."""

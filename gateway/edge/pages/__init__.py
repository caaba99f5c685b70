"""Pages for people: the landing page, and 404 for a browser. No script; every text is escaped."""

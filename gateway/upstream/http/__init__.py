"""One HTTP exchange with a vendor: request bodies, redirects, decoded answers, and failures as errors."""

"""One HTTP exchange with a vendor: request bodies, redirects, decoded answers, and faults as errors."""

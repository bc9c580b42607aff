"""The service over HTTP: routes, pages, problems, limits."""

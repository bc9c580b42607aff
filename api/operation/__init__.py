"""Whether the service lives and what it has done."""

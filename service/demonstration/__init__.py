"""What a demonstration shows: directory entries for a request, and a whole province."""

"""What every room of the edge uses: bodies, keys, problems, limits, texts."""

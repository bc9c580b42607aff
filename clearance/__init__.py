"""The words: the Article 38 clearance as values, without input, output or framework."""

"""The directory that the rules judge by."""

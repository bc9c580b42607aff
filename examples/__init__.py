"""Data only: complete requests, and the plan of a key ceremony."""

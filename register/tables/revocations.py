"""Requests to revoke, their decisions, replacements, published status lists."""

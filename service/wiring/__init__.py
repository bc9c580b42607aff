"""Builds the graph of objects that a process needs, and takes it down again.

Nothing else joins the packages. Each ``open_…`` is a context manager that opens what one command
needs and no more: a verifier without token, a token without database.
"""

"""Branches, workshops, contract rows, their reviews, inspection undertakings, imports."""

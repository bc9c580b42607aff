"""Notices to the assigner's account and their deliveries."""

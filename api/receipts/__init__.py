"""Sealed receipts of verifications."""

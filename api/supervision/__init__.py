"""What supervisors read (R15)."""

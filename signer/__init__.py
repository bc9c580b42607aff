"""Makes a clearance: renders it, prints its QR code, seals it, and checks its own work."""

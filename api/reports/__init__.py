"""Reports of a verdict, and sealed receipts."""

"""What supervisors read: what needs attention, figures, search, histories, the trail (R15)."""

"""The panel of staff: pages behind a login, each limited to its reader's reach."""

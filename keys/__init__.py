"""Keys by purpose and state, their certificates, and the anchors they are trusted by."""

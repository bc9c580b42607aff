"""What anyone may fetch: keys, anchors, status lists."""

"""The light per-node role: collectors of the node's own state."""

"""Amazon's way of saying who asks: keys, signatures, and a client that signs."""

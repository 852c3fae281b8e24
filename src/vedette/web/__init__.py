"""The page: built files served with the right headers."""

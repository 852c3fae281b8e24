"""Discovery: where targets are found. Each provider turns one source into groups of targets and keeps them fresh."""

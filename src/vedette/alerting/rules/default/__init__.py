"""Our own rules, in force where no configuration is given: few, for what we collect ourselves. Each file has unit tests beside it."""

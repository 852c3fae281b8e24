"""The words every room shares: labels, matchers, time, blocks of samples, limits, errors. Imports no other room."""

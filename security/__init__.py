"""The security gates: what `make security` runs."""

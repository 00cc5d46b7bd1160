"""How the assistant bears many visitors at once: `make load`."""

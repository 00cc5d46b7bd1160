"""What keeps an installation safe: backups, their restoration, a look at everything that may be wrong."""

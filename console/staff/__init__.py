"""The console of the clinic's staff, under `/staff`: who may see what, and the pages."""

"""The action server: what needs more than an answer. Only booking and hand-off pass through it."""

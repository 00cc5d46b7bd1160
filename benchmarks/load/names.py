"""What requests are called in the statistics."""

MESSAGE, REFUSED, CRISIS, SESSION = "message", "refused", "crisis", "session"

"""What a check of `doctor` raises."""


class Problem(Exception):
    """Something is wrong; the text says what, and never holds a secret or a word of a visitor."""

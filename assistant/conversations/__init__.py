"""What was said: the tables, what staff and visitors read of them, and what happens while the database is out."""

"""The grammar behind `bookings.times`: words, phrases, how they go together, and what the calendar allows."""

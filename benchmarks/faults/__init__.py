"""What becomes of messages and requests while parts of the assistant fail: `make faults`."""

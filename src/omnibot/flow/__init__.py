"""What happens, as verbs: a message is received, answered, handed off, delivered; a ticket changes; promises are kept."""

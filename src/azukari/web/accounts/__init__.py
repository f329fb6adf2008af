"""Bodies and the people who work for them. Passwords are stored as scrypt hashes, never otherwise."""

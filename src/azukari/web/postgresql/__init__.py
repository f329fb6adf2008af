"""Django's PostgreSQL backend; it never works with a server that may lose what it has acknowledged."""

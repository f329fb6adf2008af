"""Django's SQLite backend with durable settings; it never works on a database that did not accept them."""

"""Writing what is known of the people concerned."""

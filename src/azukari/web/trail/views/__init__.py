"""What people and programs see of it; thin."""

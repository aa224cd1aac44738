"""What the file routes serve, remembered in each web process so that no answer needs the database."""

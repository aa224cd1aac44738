"""What holds for every request of the API; settings.REST_FRAMEWORK names these classes."""

"""The obvious build: what a Django developer writes first. One Celery task an event, `requests`, the ORM."""

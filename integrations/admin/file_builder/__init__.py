"""The File Builder: four steps over the draft of a tracking file, each saved as it is left."""

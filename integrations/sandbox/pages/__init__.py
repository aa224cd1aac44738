"""The sandbox's pages for people."""

"""Pages for people who don't sign in."""

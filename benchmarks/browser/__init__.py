"""The tracking file beside the npm releases of other libraries, in one Chromium."""

"""The demo shop: a made-up shop to click every flow through."""

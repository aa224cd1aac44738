"""What a cluster serves to browsers: which bytes, under which conditions, to whom."""

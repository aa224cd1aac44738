"""Measurements that the project keeps, as ratios of one run: `make bench`, docs/benchmarks.md."""

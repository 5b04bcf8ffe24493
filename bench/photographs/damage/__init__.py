"""Kinds of damage to photographs, most of them heavier than those of `bench.photographs.degraded`."""

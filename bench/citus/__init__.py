"""A database on several servers of Citus: what further servers bring, and what a directory of its own shard costs."""

"""A database on several servers of Citus: what further servers bring, and what an isolated directory costs."""

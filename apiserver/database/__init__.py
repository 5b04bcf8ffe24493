"""PostgreSQL: the pool of connections, what they see, and the problems that errors of asyncpg become."""

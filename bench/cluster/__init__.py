"""Several hosts on one machine: the services as they stand in a cluster, and what is done to them under load."""

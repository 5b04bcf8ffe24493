"""Several hosts on one machine: the services as in a cluster, and the events that they must withstand under load."""

"""Settings of the gateway and the worker, and the values that they are read into."""

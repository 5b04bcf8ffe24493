"""What several commands share: options, the call of the service, keys, databases, and how results are shown."""

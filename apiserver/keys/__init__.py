"""Keys: who may call the service, with which scopes, in which directories, and until when."""

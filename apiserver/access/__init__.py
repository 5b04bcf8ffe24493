"""Who may do what: scopes, grants, and the directory and the call that the current task works for."""

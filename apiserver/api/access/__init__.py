"""The calls about who may call: keys, sessions, their use, and the audit."""

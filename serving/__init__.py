"""What the gateway and the vectorizer share: the parts of a service that do not depend on what it serves."""

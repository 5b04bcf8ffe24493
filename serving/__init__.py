"""What a service of this project is made of besides its subject; the gateway and the vectorizer share it."""

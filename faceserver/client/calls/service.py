"""The service itself."""

from faceserver.client.call import Call, ignore_body, json_of
from faceserver.client.method import result
from faceserver.client.results import Models, Status, Version


class ServiceCalls:
    """The service itself."""

    @result
    def models(self) -> Call[Models]:
        """Return the models in use and all other known models, with their licences."""
        return Call("GET", "/models", json_of(Models))

    @result
    def version(self) -> Call[Version]:
        """Return the version of the service."""
        return Call("GET", "/version", json_of(Version))

    @result
    def status(self) -> Call[Status]:
        """Return the last minute of a gateway, and the state of vectorizers, search and jobs. Requires `operate`."""
        return Call("GET", "/status", json_of(Status))

    @result
    def check_ready(self) -> Call[None]:
        """Return once the service is ready. Raises the reason when `patience_seconds` have passed."""
        return Call("GET", "/health/ready", ignore_body)

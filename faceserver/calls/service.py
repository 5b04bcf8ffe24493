"""The service itself."""

from faceserver.call import Call, json_of, nothing
from faceserver.method import result
from faceserver.results import Models, Version


class ServiceCalls:
    """The service itself."""

    @result
    def models(self) -> Call[Models]:
        """Return the models in use and the others that are known, with their licences."""
        return Call("GET", "/models", json_of(Models))

    @result
    def version(self) -> Call[Version]:
        """Return the version of the service."""
        return Call("GET", "/version", json_of(Version))

    @result
    def check_ready(self) -> Call[None]:
        """Return once the service can do its work; raise the reason when patience ends."""
        return Call("GET", "/health/ready", nothing)

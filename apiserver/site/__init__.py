"""What browsers show: the page and the documentation of the API."""

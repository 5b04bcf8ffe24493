"""The HTTP server of both services: uvicorn's, with bounds on what one connection and one address may take."""

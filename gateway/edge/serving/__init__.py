"""Running the ASGI application: worker processes under one listening socket, and uvicorn's protocol with time-outs."""

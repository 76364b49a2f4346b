"""Every peer of this console on one page: how it stands, a test, and what waits to be sent."""

"""Settings, wiring, the web server and the command line."""

"""The running process: use cases, the HTTP service, the page, the command line."""

"""Load on a running app: its server, readers with and without a browser, and how it bears them."""

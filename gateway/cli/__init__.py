"""The command line, a file for each command. Gives `main.main`, which is `asset-gateway`."""

"""The command line, a file for each larger command. Gives `main.main`, which is `asset-gateway`."""

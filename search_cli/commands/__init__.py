"""One module a command: its name is the command's name, its `command` the click command (see search_cli.main)."""

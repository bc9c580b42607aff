"""The command line. Each noun is a module; a command is imported only when it is called."""

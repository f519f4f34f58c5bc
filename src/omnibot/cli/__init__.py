"""The command line. Each command is a function that returns an exit code: 0 done, 1 failed, 2 wrong use or configuration."""

"""`python -m brownfield_cli`, for where the script is not on the path."""

from brownfield_cli.main import main

main()

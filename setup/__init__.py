"""From a checkout to something that runs: the virtual environment, the page, the kernels. Standard library only."""

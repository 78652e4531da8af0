"""The repo answers as the notebook does, in a clean process."""

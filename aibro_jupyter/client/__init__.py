"""The kernel's side of a backend: find or start it, call it, deploy to it."""

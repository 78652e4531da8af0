"""What a request costs here and elsewhere, all in one run."""

"""What acts: looks at instances and gateways, carries out plans, tells."""

"""The process that keeps control and gateway running, and does nothing else."""

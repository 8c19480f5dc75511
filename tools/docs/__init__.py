"""The references among the documentation: pages made from the code, so that they cannot say anything else."""

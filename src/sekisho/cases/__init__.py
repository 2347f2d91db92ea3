"""Cases: what follows from a finding. The penalty it may carry, and the evidence package that leaves the house."""

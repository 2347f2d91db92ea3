"""TRP, the Travel Rule Protocol of the OpenVASP Association (3.2.1): inquiry, approval or rejection, confirmation."""

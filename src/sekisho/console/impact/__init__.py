"""The impact lab: pick a proposal, see who is delayed and what is protected."""

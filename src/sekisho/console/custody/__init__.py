"""Client assets: certificate, tiers, clocks and reserve."""

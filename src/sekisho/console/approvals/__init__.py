"""Four eyes: what one person proposes another approves, and only then does it take effect."""

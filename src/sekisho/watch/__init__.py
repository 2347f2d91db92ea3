"""Watching: events are taken in as they come, kept, and judged; what is found is told once, and told again only when it changes."""

"""What is due, and when: one calendar in Japanese business days."""

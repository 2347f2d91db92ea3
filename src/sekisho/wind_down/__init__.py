"""The return of client assets when an exchange closes or fails: who is entitled to what, and what is there to return."""

"""The Travel Rule: who sends and who receives is told from operator to operator, in the words of IVMS101, and kept."""

"""What one can ask the graph: one file per noun, the statements on top, the class that asks them below."""

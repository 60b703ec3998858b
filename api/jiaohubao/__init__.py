"""交互宝: the product planner's routes."""

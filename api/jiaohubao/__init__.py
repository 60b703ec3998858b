"""Routes of 交互宝, the planner's app."""

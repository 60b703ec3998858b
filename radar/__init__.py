"""The product planner's four radars. They read released figures only, and know no person."""

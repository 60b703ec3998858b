"""The planner's radars: one file each, one shape, `scan(session, *, area, month)`."""

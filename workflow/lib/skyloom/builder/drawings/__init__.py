"""What volunteers drew, and the tables that come with it."""

"""The apps in Chromium against the whole system: every story, every bad state, and how fast it all is."""

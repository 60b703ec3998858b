"""Every field that goes in or out, declared."""

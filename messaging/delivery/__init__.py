"""How a campaign becomes messages on phones, on the people side: expansion, outbox, carrier, receipts."""

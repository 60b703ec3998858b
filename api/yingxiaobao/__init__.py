"""Routes of 营销宝, the salesperson's app."""

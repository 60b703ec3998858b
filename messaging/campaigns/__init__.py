"""Campaigns as requested, on the serving side: content rules, quotas, broadcasts, invitations, reviews."""

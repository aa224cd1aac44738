"""PartnerStack's own side: partners, the clicks on their links, what was attributed to them, and tokens."""

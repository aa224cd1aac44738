"""What browsers, CDNs and CI jobs fetch from a cluster: tracking files, SDK settings, the cross-domain id."""

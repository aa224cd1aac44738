"""The cross-domain id: one more identity sync, with the cluster as its identity endpoint."""

from __future__ import annotations

from integrations.core.tracking_file.config import Fetch, FileConfig, Sync

PROVIDER = "crossDomainDirect"
ID = "id"


def syncs_of(config: FileConfig) -> tuple[Sync, ...]:
    """All that the file syncs: the configured rules, then the cross-domain id if it is configured."""
    if not config.cross_domain_url:
        return config.syncs
    cross_domain = Sync(
        provider=PROVIDER,
        id=ID,
        options=Fetch(
            url=config.cross_domain_url,
            credentials=True,
            query=(("writeKey", config.write_key),),  # whose id it is, where organizations share a host
            paths=((ID, ID),),
        ),
        lifetime_days=config.cookies.lifetime_days,
        categories=config.cross_domain_categories,
    )
    return (*config.syncs, cross_domain)

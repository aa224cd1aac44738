"""Admin pages on append-only tables: read-only, newest first, and never counted."""

from __future__ import annotations

from unfold.paginator import InfinitePaginator

from accounts.admin.scoped import OnlyLookedAt, ScopedAdmin


class LogTableAdmin(OnlyLookedAt, ScopedAdmin):
    """A window on a log. Pages are reached by previous and next, as nobody knows how many there are."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    sortable_by = ()
    ordering = ["-id"]
    noun = "delivery"

"""Cells that pages of every app share: chips, times, links, texts to copy, buttons."""

from __future__ import annotations

from datetime import UTC, datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def exact(at: datetime) -> SafeString:
    """A time to the second."""
    return format_html('<time class="s2s-when">{}</time>', f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


def link(viewname: str, object_id: object, text: str, anchor: str = "") -> SafeString:
    """A link to a page of this admin."""
    url = reverse(f"admin:{viewname}", args=[object_id]) + anchor
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def chip(state: tuple[str, str]) -> SafeString:
    """A state as a chip, where unfold's own labels don't reach: in inlines and on pages."""
    return format_html('<span class="s2s-chip s2s-chip-{}">{}</span>', *state)


def copyable(text: str) -> SafeString:
    """A text with a button that copies it."""
    return format_html(
        '<span class="s2s-copy" x-data="{{ copied: false }}"><code>{}</code>'
        '<button type="button" title="Copy" aria-label="Copy" data-copy="{}" x-on:click="navigator.clipboard'
        '.writeText($el.dataset.copy); copied = true; setTimeout(() => copied = false, 1500)">'
        "<span class=\"material-symbols-outlined\" x-text=\"copied ? 'check' : 'content_copy'\">content_copy"
        "</span></button></span>",
        text,
        text,
    )


def dialog_button(viewname: str, object_id: object, text: str, colour: str = "") -> SafeString:
    """A button that opens an action's dialog."""
    return format_html(
        '<button type="button" class="s2s-button {}" hx-get="{}" hx-target="#modal-content" '
        'hx-select="#dialog" x-on:htmx:after-on-load="openModal = true">{}</button>',
        colour,
        reverse(f"admin:{viewname}", args=[object_id]),
        text,
    )

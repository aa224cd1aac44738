"""The base of every admin page: shows and allows what `accounts.services.access` does, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import Field as FormField
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from accounts.admin.acting import may, principal
from accounts.admin.dialogs import finish
from accounts.admin.saving import Saving
from accounts.core.principal import Principal
from accounts.services import access


class Scope:
    """Who may do what with a model's rows. `organization_path` leads from a row to its organization's id."""

    organization_path = "organization_id"
    noun = ""
    fixed_fields: Sequence[str] = ()
    model: type[Model]
    admin_site: AdminSite

    def allowed(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        """Whether the user has `verb:noun`, in the row's organization or, without a row, in any."""
        if isinstance(obj, str | UUID):  # unfold's actions name their row by its id
            obj = self.row(request, obj)
            if obj is None:
                return False
        return may(request, f"{verb}:{self.noun}", self.organization_id(obj))

    def row(self, request: HttpRequest, object_id: str | UUID) -> Any:
        """The row of an id, when the user may see it; read once a request."""
        rows = request.__dict__.setdefault("_rows", {})
        key = (self.model, str(object_id))
        if key not in rows:
            rows[key] = self.get_object(request, str(object_id))  # type: ignore[attr-defined]
        return rows[key]

    def organization_id(self, obj: Any) -> Any:
        """The organization's id of a row; None without a row, or while its relations are not chosen yet."""
        for name in self.organization_path.split("__"):
            obj = getattr(obj, name, None)
        return obj

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the user may read."""
        return access.visible(queryset, principal(request), f"read:{self.noun}", self.organization_path)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.visible(request, super().get_queryset(request))  # type: ignore[misc]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """What ties a row to its organization is chosen once."""
        fields = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return [*fields, *self.fixed_fields] if obj else fields

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "read", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "update", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "delete", obj)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        rows = kwargs.setdefault("queryset", self._choices(db_field, request))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and field.required and field.initial is None:
            field.initial = _the_only(rows)
        return field  # type: ignore[no-any-return]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        kwargs.setdefault("queryset", self._choices(db_field, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc,no-any-return]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Related rows are made on their own pages, so that no half-filled form waits behind another."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field  # type: ignore[no-any-return]

    def _choices(self, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """A form offers the rows of organizations in which the user may make what the form makes."""
        related: Any = self.admin_site.get_model_admin(db_field.remote_field.model)
        rows = related.get_queryset(request)
        return access.visible(rows, principal(request), f"create:{self.noun}", related.organization_path)


def lookups_of(list_filter: Any) -> Sequence[str]:
    """The names in a list's address that a filter takes: a field's, a simple filter's, or those it lists."""
    if isinstance(list_filter, str):
        return [f"{list_filter}__exact", f"{list_filter}__isnull"]
    return getattr(list_filter, "NAMES", None) or [list_filter.parameter_name]


def _the_only(rows: QuerySet[Any]) -> Any:
    """The key of the row when there is no other to choose."""
    keys = list(rows.order_by().values_list("pk", flat=True)[:2])
    return keys[0] if len(keys) == 1 else None


class PreparedList(ChangeList):  # type: ignore[misc]
    """A list's page of rows, given to its admin once, before its columns are shown."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.prepare_rows(request, self.result_list)


class ScopedAdmin(Saving, Scope, ModelAdmin):  # type: ignore[misc]
    """An admin page on one model's visible rows."""

    list_filter_sheet = True
    warn_unsaved_form = True
    list_disable_select_all = True
    show_facets = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PreparedList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list's filters offer: Django would filter by any column of the row, so that a hidden
        one is guessed letter by letter (`?payload__icontains=`).
        """
        return lookup in {name for one in self.get_list_filter(request) for name in lookups_of(one)}

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Look up what a list's page needs beside its rows, in one query a table."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A list's form refuses NUL characters, a drop-down list's search does not; PostgreSQL has none."""
        if "\0" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        """What is another organization's answers as what is not there."""
        raise Http404(f"No {opts.verbose_name} {object_id} is visible to you.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Tells of rows that have pages of their own; what only hangs on them goes without a word."""
        nested, counts, needed, protected = super().get_deleted_objects(objs, request)
        known = [model._meta for model in self.admin_site._registry]
        names = {str(one.verbose_name_plural) for one in known}
        heads = tuple(f"{capfirst(one.verbose_name)}:" for one in known)
        kept = {name: count for name, count in counts.items() if str(name) in names}
        return _told(nested, heads), kept, needed, protected

    def visible_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row of an action's page."""
        row = self.row(request, object_id)
        if row is None:
            raise Http404
        return row

    def carry_out(
        self, request: HttpRequest, object_id: str, act: Callable[[Principal, Any], object], done: str
    ) -> HttpResponse:
        """Call a service with the row of an action's page, and show the page again with what is done.

        `done` may name the row as `{}`.
        """
        row = self.visible_or_404(request, object_id)
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return finish(request, url, done.format(row), lambda: act(principal(request), row))


def _told(nested: list[Any], heads: tuple[str, ...]) -> list[Any]:
    """The lines of a tree that begin so."""
    lines = [_told(one, heads) if isinstance(one, list) else one for one in nested]
    return [one for one in lines if (one if isinstance(one, list) else str(one).startswith(heads))]


class OnlyLookedAt:
    """Rows that nobody makes, changes or removes here, whatever they may elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WindowInline(OnlyLookedAt, Scope, TabularInline):  # type: ignore[misc]
    """Rows inside another one's page that are only looked at there."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "read")  # `obj` is the page's row, and the rows are scoped already

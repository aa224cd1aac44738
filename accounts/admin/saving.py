"""How forms and delete pages write: by a service, audited with it, and what it refuses stands in the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.admin.acting import principal
from accounts.services import audit

REFUSAL = "_refusal"  # what a service refused, kept on the request while its form is shown again


class RefusedForm:
    """A form that shows what a service refused beside its own errors."""

    refusal: ValidationError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for field, sentences in _by_field(self.refusal).items():
            self.add_error(field if field in self.fields else None, sentences)  # type: ignore[attr-defined]


class Saving:
    """Pages that write by `create_row`, `update_row` and `remove_row`.

    Those here are for rows that no service is about: they save and audit. Whatever raises ValidationError
    undoes all of the request's writing, and its sentences stand in the form.
    """

    model: type[Model]

    def create_row(self, request: HttpRequest, obj: Any, form: ModelForm[Any]) -> None:
        obj.save()
        self.tell(request, "create", obj, audit.differences({}, audit.snapshot(obj)))

    def update_row(self, request: HttpRequest, obj: Any, form: ModelForm[Any]) -> None:
        """Writes only what was changed in the form: what moved meanwhile stays as it is."""
        stored = locked(obj)
        before = audit.snapshot(stored)
        for name, value in changed_in(form, obj).items():
            setattr(stored, name, value)
        stored.save()
        self.tell(request, "update", stored, audit.differences(before, audit.snapshot(stored)))

    def remove_row(self, request: HttpRequest, obj: Any) -> None:
        before, key, places = audit.snapshot(obj), obj.pk, self.told_in(obj)
        obj.delete()
        obj.pk = key
        self.tell(request, "delete", obj, audit.differences(before, {}), places)

    def told_in(self, obj: Any) -> Sequence[UUID | None]:
        """The organizations whose audit log tells of this row; None is the installation's."""
        return [self.organization_id(obj)]  # type: ignore[attr-defined]

    def tell(
        self,
        request: HttpRequest,
        verb: str,
        obj: Model,
        differences: audit.Differences,
        places: Sequence[UUID | None] | None = None,
    ) -> None:
        """The audit entry; none when nothing differs."""
        action = f"{verb}:{obj._meta.model_name}"
        for place in (self.told_in(obj) if places is None else places) if differences else []:
            audit.record(principal(request), action, obj, organization_id=place, differences=differences)

    # --- What Django's admin calls ---
    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        if not self.allowed(request, "update" if change else "create", obj):  # type: ignore[attr-defined]
            raise PermissionDenied
        (self.update_row if change else self.create_row)(request, obj, form)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if not self.has_delete_permission(request, obj):  # type: ignore[attr-defined]
            raise PermissionDenied
        self.remove_row(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    # --- Refusals ---
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        refusal = request.__dict__.get(REFUSAL)
        return type(form.__name__, (RefusedForm, form), {"refusal": refusal}) if refusal else form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        except ValidationError as refusal:  # rolled back: the same form again, with the sentence
            request.__dict__[REFUSAL] = refusal
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc,no-any-return]
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[object_id]))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        try:
            return super().response_action(request, queryset)  # type: ignore[misc,no-any-return]
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return HttpResponseRedirect(request.get_full_path())


class Kept:
    """Pages of rows that are revoked or withdrawn: they go only with what they belong to."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "show_delete": False}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[misc,no-any-return]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise PermissionDenied


def locked(obj: Model) -> Any:
    """The row as the database has it, held until the commit."""
    return type(obj)._default_manager.select_for_update().get(pk=obj.pk)


def changed_in(form: ModelForm[Any], obj: Model) -> dict[str, Any]:
    """The columns that were changed in the form, as the object has them."""
    return {name: getattr(obj, name) for name in form.changed_data if _is_column(obj, name)}


def _is_column(obj: Model, name: str) -> bool:
    try:
        field = obj._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(field.concrete and not field.many_to_many)


def _by_field(refusal: ValidationError) -> dict[str | None, list[str]]:
    if hasattr(refusal, "error_dict"):
        return dict(refusal.message_dict)
    return {None: refusal.messages}

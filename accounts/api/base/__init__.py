"""What every resource of the REST API is built from. A resource is one class, and says only what is its own:

    from accounts.api.base import ApiModelSerializer, Creates, Lists, OrganizationField, Removes, Resource
    from accounts.api.base import Retrieves, Updates, VisibleField, action

    class PipelineSerializer(ApiModelSerializer):
        organization = OrganizationField()   # left out: the only one that the principal has
        cluster = VisibleField(Cluster.objects.all(), permission="read:cluster")  # others': 400

        class Meta:
            model = Pipeline
            fields = ["id", "organization", "cluster", "name"]
            fixed = ["organization"]                                        # chosen once: PATCH refuses it

    class Pipelines(Lists, Retrieves, Creates, Updates, Removes, Resource):
        noun = "pipeline"                        # list, retrieve: read:pipeline; create: create:pipeline; ...
        organization_path = "organization_id"    # from a row to its organization's id, as in access.visible
        queryset = Pipeline.objects.select_related("cluster")
        serializer_class = PipelineSerializer    # the shape of requests and answers
        filterset_class = PipelineFilters        # django-filter; unknown parameters are refused
        ordering = ("-created_at", "-id")        # of a list, newest first; ends in a unique column

        def perform_create(self, values):        # validated values in, the row out; values["organization"]
            ...                                  # is one where the principal may create:pipeline
        def perform_update(self, pipeline, values): ...   # what was given only; gives the row
        def perform_destroy(self, pipeline): ...

        @action(detail=True, methods=["post"], permission="publish:destination")
        def publish(self, request, pk):
            pipeline = self.get_object()         # 404 unless visible, 403 unless permitted, 412 by If-Match
            values = self.given(SomeSerializer)  # the validated body
            ...
            return self.answer(pipeline)         # the representation with its ETag; status=202 if you like

Each calls one service with `by=self.principal`; a ValidationError of the service becomes a 400 with pointers.
Where a create names its organization by a relation (a destination by its pipeline), call
`self.require(pipeline.organization_id)` first, or give the field the permission itself:
`VisibleField(..., permission="create:destination")`. `verbs = {"destroy": "revoke"}` names another verb.

All of it, without a line in the resource: every POST, PATCH, PUT and DELETE is one transaction, which an
error rolls back, and takes Idempotency-Key; get_object() in a write locks the row and checks If-Match;
answers carry ETag; lists are pages by cursor; errors are problems (RFC 9457); unknown members of a body are
refused. Keep what changes by itself (counts, states, last used) out of a representation, or name it in
`volatile`, which leaves it out of the ETag. Raise `Conflict("...")` for a 409, and for a 400 of the query
`BadParameter({"since": "..."})`.

Views that are no rows (`me`, metrics) are `ApiView`s with `permission = "read:metrics"`; empty is for whoever
is signed in. Register resources in a `Router()` of the app's `api/urls.py`; `s2sadmin/api.py` joins the apps.
What holds for every request (who asks, errors, pages, throttle, the schema) is in `accounts.api.policy`.
"""

from rest_framework.decorators import action

from accounts.api.base import etags
from accounts.api.base.fields import OrganizationField, VisibleField
from accounts.api.base.resource import Creates, Lists, Removes, Resource, Retrieves, Updates
from accounts.api.base.routers import Router
from accounts.api.base.serializers import ApiModelSerializer, ApiSerializer, EmptySerializer
from accounts.api.base.view import ApiView
from accounts.api.policy.filters import Filters, LogFilters
from accounts.api.policy.parameters import BadParameter
from accounts.api.policy.problems import Conflict

__all__ = [
    "ApiModelSerializer",
    "ApiSerializer",
    "ApiView",
    "BadParameter",
    "Conflict",
    "Creates",
    "EmptySerializer",
    "Filters",
    "Lists",
    "LogFilters",
    "OrganizationField",
    "Removes",
    "Resource",
    "Retrieves",
    "Router",
    "Updates",
    "VisibleField",
    "action",
    "etags",
]

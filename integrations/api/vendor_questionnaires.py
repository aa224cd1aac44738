"""Questionnaires: answers from which a vendor of the organization's own is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    ApiSerializer,
    Creates,
    EmptySerializer,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
    action,
)
from integrations.api.trials import PreviewSerializer, preview_answer
from integrations.api.vendors import RevisionSerializer
from integrations.models import VendorQuestionnaire
from integrations.services import questionnaires


class ProblemSerializer(ApiSerializer):
    """What is wrong with one answer."""

    question = serializers.CharField(source="key")
    sentence = serializers.CharField()
    row = serializers.IntegerField(allow_null=True, help_text="Counted from 0, of answers in rows.")
    column = serializers.CharField()


class QuestionnaireSerializer(ApiModelSerializer):
    organization = OrganizationField(permission="create:vendor")
    answers = serializers.DictField(
        required=False, help_text="By question; docs/vendor-files.md has the questions. Kept as given."
    )
    problems = serializers.SerializerMethodField(help_text="What is to be put right before a vendor is made.")
    document = serializers.SerializerMethodField(help_text="The definition that the answers make, YAML.")

    class Meta:
        model = VendorQuestionnaire
        fields = [
            "id",
            "organization",
            "name",
            "slug",
            "answers",
            "problems",
            "document",
            "link_expires_at",
            "answered_at",
            "answered_by",
            "revision",
            "created_at",
            "changed_at",
        ]
        read_only_fields = ["slug", "revision"]
        validators = []

    @extend_schema(responses=ProblemSerializer(many=True))
    def get_problems(self, questionnaire: VendorQuestionnaire) -> Any:
        return ProblemSerializer(questionnaires.outcome(questionnaire).problems, many=True).data

    def get_document(self, questionnaire: VendorQuestionnaire) -> str:
        return questionnaires.outcome(questionnaire).text


class AnswersSerializer(ApiSerializer):
    answers = serializers.DictField(help_text="By question, all of them.")


class PastedEventSerializer(ApiSerializer):
    event = serializers.DictField(help_text="As a back end would send it to /v1/batch.")


class LinkGivenSerializer(ApiSerializer):
    days = serializers.IntegerField(
        default=questionnaires.LINK_DAYS, min_value=1, max_value=questionnaires.MOST_LINK_DAYS
    )


class QuestionnaireLinkSerializer(ApiSerializer):
    """A link for the vendor's team. It is told this once."""

    link = serializers.CharField()
    expires_at = serializers.DateTimeField()


class Questionnaires(Lists, Retrieves, Creates, Removes, Resource):
    """What a vendor's team is asked. Answers can be unfinished; `problems` says what is to be put right."""

    noun = "vendor"
    queryset = VendorQuestionnaire.objects.all()
    serializer_class = QuestionnaireSerializer
    ordering = ("-created_at", "-id")

    def perform_create(self, values: dict[str, Any]) -> VendorQuestionnaire:
        self.require(values["organization"].pk)
        made = questionnaires.start(self.principal, values["organization"], values["name"])
        if values.get("answers"):
            questionnaires.save_answers(self.principal, made, _named(made, values["answers"]))
        return made

    @extend_schema(request=AnswersSerializer, responses=QuestionnaireSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Keep these answers in place of the earlier ones. Organization and name are chosen once."""
        questionnaire = self.get_object()
        answers = self.given(AnswersSerializer)["answers"]
        questionnaires.save_answers(self.principal, questionnaire, _named(questionnaire, answers))
        return self.answer(questionnaire)

    def perform_destroy(self, row: VendorQuestionnaire) -> None:
        questionnaires.remove(self.principal, row)

    @extend_schema(request=LinkGivenSerializer, responses=QuestionnaireLinkSerializer)
    @action(detail=True, methods=["post"], permission="update:vendor")
    def link(self, request: Request, pk: str) -> Response:
        """A link that the vendor's team opens without signing in; an earlier one ends."""
        questionnaire = self.get_object()
        days = self.given(LinkGivenSerializer)["days"]
        link = questionnaires.make_link(self.principal, questionnaire, days)
        answer = {"link": link, "expires_at": questionnaire.link_expires_at}
        return Response(QuestionnaireLinkSerializer(answer).data)

    @extend_schema(request=PastedEventSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], permission="read:vendor")
    def preview(self, request: Request, pk: str) -> Response:
        """What the vendor of these answers would get of an event, no network. Settings have stand-ins."""
        trial = questionnaires.try_event(self.get_object(), self.given(PastedEventSerializer)["event"])
        answer = preview_answer(trial.prepared, trial.requests, trial.sources)
        return Response(PreviewSerializer(answer).data)

    @extend_schema(request=EmptySerializer, responses=RevisionSerializer)
    @action(detail=True, methods=["post"], url_path="make-revision", permission="create:vendor")
    def make_revision(self, request: Request, pk: str) -> Response:
        """Make the vendor, or its next revision, of the answers."""
        questionnaire = self.get_object()
        self.given(EmptySerializer)
        return Response(RevisionSerializer(questionnaires.make_revision(self.principal, questionnaire)).data)


def _named(questionnaire: VendorQuestionnaire, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": questionnaire.name, **answers}

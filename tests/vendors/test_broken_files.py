"""A vendor file that is broken on purpose names file, line, column and field, and what would be right."""

import pytest

from integrations.services.catalogue import FOLDER, CatalogueError, load_file, load_text

GOOD = (FOLDER / "adroll.yaml").read_text()

BREAKS = [
    ("auth: {header:", "auth: {headr:", "operations.event.auth.headr: unknown key (did you mean `header`?)"),
    (
        "as: decimal_seconds",
        "as: decimal_second",
        "unknown operation `decimal_second` (did you mean `decimal_seconds`?)",
    ),
    (
        "{from: user_agent, as: string}",
        "{from: useragent}",
        "the dictionary has no `useragent` (did you mean `user_agent`?)",
    ),
    (
        "url: https://srv.adroll.com/api\n",
        "url: http://srv.adroll.com/api\n",
        "operations.event.url: the URL must begin with https",
    ),
    (
        "$settings.pixel_eid",
        "$settings.pixel_id",
        "no setting `pixel_id` is declared (did you mean `pixel_eid`?)",
    ),
    ("when: {is: sends_clear_email}", "when: {iss: sends_clear_email}", "unknown key (did you mean `is`?)"),
    ("operation: purchase\n", "operation: purchas\n", "no operation `purchas` (did you mean `purchase`?)"),
    (
        "{use: one_product}",
        "{use: one_produkt}",
        "no value `one_produkt` is declared before this (did you mean `one_product`?)",
    ),
    ("slug: adroll\n", "slug: adroll\nslug: adroll\n", "slug: the key `slug` stands here twice; keep one"),
    (
        "options: {parameters: [adct]}",
        "options: {parameter: [adct]}",
        "identity_syncs.1.options.parameter: `parameter` is not known here (did you mean `parameters`",
    ),
    (
        "options: {parameters: [adct]}",
        'options: {parameters: ["{settings.pixel_id}"]}',
        "identity_syncs.1.options.parameters.0: no setting `pixel_id` (did you mean `pixel_eid`?)",
    ),
    (
        "options: {parameters: [adct]}",
        'options: {parameters: ["{settings.server_access_token}"]}',
        "`server_access_token` is a secret, and every visitor can read a tracking file",
    ),
    ("on_unknown_outcome: hold", "on_unknown_outcome: held", "`held` is not known (did you mean `hold`?)"),
    ("required: true}", "requird: true}", "unknown key (did you mean `required`?)"),
    (
        "fields: {event_name: homeView}",
        "fields: {event_name: {from: $properties..x}}",
        "`properties..x` is no path",
    ),
    (
        "fields: [identifiers.first_party_cookie, identifiers.adct]\n",
        "fields: [identifiers.adkt]\n",
        "no field `identifiers.adkt` is mapped",
    ),
    (
        "type: choice\n",
        "type: choise\n",
        "settings.email_form.type: `choise` is not known (did you mean `choice`?)",
    ),
]


@pytest.mark.parametrize(("good", "bad", "sentence"), BREAKS)
def test_it_names_the_place_and_the_correction(good: str, bad: str, sentence: str) -> None:
    text = GOOD.replace(good, bad, 1)
    assert text != GOOD
    before = next(
        number
        for number, pair in enumerate(zip(text.splitlines(), GOOD.splitlines(), strict=False), 1)
        if pair[0] != pair[1]
    )

    with pytest.raises(CatalogueError) as caught:
        load_text(text, "integrations/catalogue/adroll.yaml")

    message = str(caught.value)
    assert sentence in message
    assert message.startswith(f"integrations/catalogue/adroll.yaml:{before}:")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("slug: [", "no valid YAML"),
        ("a: &x 1\nb: *x", "v.yaml:1:4 anchors are not allowed"),
        ("a: *x", "v.yaml:1:4 aliases are not allowed"),
        ("a: !!python/object:os.system x", "the tag"),
        ("- a", "a vendor file is a YAML object"),
        ("", "a vendor file is a YAML object"),
        ("[" * 500, "nested"),
        ("{" + "a: {" * 80, "no valid YAML"),
    ],
)
def test_it_refuses_what_is_no_plain_document(text: str, sentence: str) -> None:
    with pytest.raises(CatalogueError, match=r"^v\.yaml:\d+:\d+ ") as caught:
        load_text(text, "v.yaml")

    assert sentence in str(caught.value)


def test_the_file_name_is_the_slug(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "other.yaml"
    path.write_text(GOOD)

    with pytest.raises(CatalogueError, match="slug: `adroll` must be the file's name, `other`"):
        load_file(path)

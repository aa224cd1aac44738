"""Seed 002 in full: link, click, redirect, conversion with a token, attribution, and sources."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import requests

from .client import SandboxClient
from .test_partnerstack import CONVERSION_URL, KEYS, SALE_URL, TOKEN

LANDING = "https://acme.example/offer?lang=en#plans"


def click(
    sandbox: SandboxClient, partner: str = "ada-reviews", *sub_ids: str, **query: str
) -> dict[str, list[str]]:
    """Follow a partner's link; the query of the landing page that it leads to."""
    params = [*query.items(), *(("sub_id", sub_id) for sub_id in sub_ids)]
    answer = sandbox.get(f"/partner/{partner}", params=params)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def convert(
    sandbox: SandboxClient, customer: str, landed: dict[str, list[str]], **fields: object
) -> requests.Response:
    body = {"xid": landed["ps_xid"][0], "customer_key": customer} | fields
    return sandbox.post(CONVERSION_URL, json=body, headers=TOKEN)


def cells(sandbox: SandboxClient, heading: str) -> list[list[str]]:
    """The rows of a table of the partner page, as text."""
    page = sandbox.get("/partnerstack").text
    section = page.partition(f"<h2>{heading}</h2>")[2].partition("</section>")[0]
    rows = re.findall(r"<tr>(<td>.*?)</tr>", section)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows
    ]


def test_the_link_leads_to_the_landing_page_with_the_click_id(sandbox: SandboxClient) -> None:
    answer = sandbox.get("/partner/ada-reviews", params={"url": LANDING, "sub_id": "newsletter"})

    landing = urlsplit(answer.headers["Location"])
    query = parse_qs(landing.query)
    assert answer.status_code == 302
    assert (landing.scheme, landing.netloc, landing.path, landing.fragment) == (
        "https",
        "acme.example",
        "/offer",
        "plans",
    )
    assert re.fullmatch(r"[0-9a-f-]{36}", query.pop("ps_xid")[0])
    assert base64.b64decode(query.pop("ps_partner_key")[0]) == b"ada-reviews"
    assert query == {"lang": ["en"], "sub_id": ["newsletter"]}


def test_a_link_without_a_landing_page_leads_to_the_demo_shop(sandbox: SandboxClient) -> None:
    answer = sandbox.get("/partner/ada-reviews")

    assert answer.headers["Location"].startswith(f"{sandbox.origin}/shop?ps_xid=")


def test_a_link_leads_to_web_pages_only(sandbox: SandboxClient) -> None:
    assert sandbox.get("/partner/ada-reviews", params={"url": "javascript:alert(1)"}).status_code == 400
    assert cells(sandbox, "Clicks") == []


def test_a_conversion_is_attributed_to_the_partner_of_its_click(sandbox: SandboxClient) -> None:
    landed = click(sandbox, "ada-reviews", "newsletter", "june", url=LANDING)

    answer = convert(sandbox, "cust-1", landed, sub_ids=landed["sub_id"], email="ada@example.com")

    assert (answer.status_code, answer.content) == (200, b"")
    assert sandbox.last("partnerstack")["remark"] == "Attributed to ada-reviews"
    assert cells(sandbox, "Conversions")[0][1:] == [
        "cust-1",
        "attributed",
        "ada-reviews",
        "newsletter, june",
        landed["ps_xid"][0],
    ]
    assert cells(sandbox, "By source (sub-id)") == [
        ["ada-reviews", "newsletter", "1", "1", "1"],
        ["ada-reviews", "june", "1", "1", "1"],
    ]


def test_a_customer_is_attributed_once(sandbox: SandboxClient) -> None:
    first, second = click(sandbox, "ada-reviews"), click(sandbox, "harbor-podcast")

    answers = [convert(sandbox, "cust-1", first), convert(sandbox, "cust-1", second)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [row[2] for row in cells(sandbox, "Conversions")] == ["duplicate", "attributed"]
    assert cells(sandbox, "Partners")[:2] == [
        ["ada-reviews", "/partner/ada-reviews", "1", "1", "0", "-"],
        ["harbor-podcast", "/partner/harbor-podcast", "1", "0", "0", "-"],
    ]


def test_an_unknown_click_id_makes_no_customer_and_spoils_nothing(sandbox: SandboxClient) -> None:
    convert(sandbox, "cust-1", {"ps_xid": ["made-up"]})

    convert(sandbox, "cust-1", click(sandbox))

    assert [row[2] for row in cells(sandbox, "Conversions")] == ["attributed", "unattributed"]


def test_sources_show_where_a_conversion_lost_its_sub_id(sandbox: SandboxClient) -> None:
    click(sandbox, "ada-reviews", "newsletter")
    convert(sandbox, "cust-1", click(sandbox, "ada-reviews", "newsletter"))

    assert cells(sandbox, "By source (sub-id)") == [["ada-reviews", "newsletter", "2", "1", "0"]]


def test_a_customer_can_be_read_back(sandbox: SandboxClient) -> None:
    convert(sandbox, "cust-1", click(sandbox, "test-partner"), email="ada@example.com", sub_ids=["june"])

    answer = sandbox.get("/api.partnerstack.com/api/v2/customers/cust-1", auth=KEYS)

    customer = answer.json()["data"]
    assert (answer.status_code, customer.pop("key")[:4]) == (200, "cus_")
    assert customer == {
        "customer_key": "cust-1",
        "email": "ada@example.com",
        "partner_key": "test-partner",
        "sub_ids": ["june"],
        "test": True,
    }


def test_sales_of_a_customer_belong_to_the_partner_in_all_three_ways(sandbox: SandboxClient) -> None:
    convert(sandbox, "cust-1", click(sandbox), email="ada@example.com")
    internal = sandbox.get("/api.partnerstack.com/api/v2/customers/cust-1", auth=KEYS).json()["data"]["key"]

    for name in (
        {"customer_external_key": "cust-1"},
        {"customer_email": "ADA@example.com"},
        {"customer_key": internal},
    ):
        sandbox.post(SALE_URL, json=name | {"amount": 1000, "currency": "USD"}, auth=KEYS)
    sandbox.post(
        SALE_URL, json={"customer_external_key": "nobody", "amount": 9, "currency": "USD"}, auth=KEYS
    )

    assert cells(sandbox, "Partners")[0] == [
        "ada-reviews",
        "/partner/ada-reviews",
        "1",
        "1",
        "3",
        "30.00 USD",
    ]


def test_an_issued_token_authorizes_until_it_is_revoked(sandbox: SandboxClient) -> None:
    issued = sandbox.post("/partnerstack/tokens", data={"label": "Production <server>"})
    assert issued.status_code == 303
    page = sandbox.get(issued.headers["Location"]).text
    token = re.search(r'id="issued-token">([^<]+)<', page)[1]  # type: ignore[index]
    number = issued.headers["Location"].rpartition("=")[2]
    conversion = {"json": {"xid": "x", "customer_key": "c"}, "headers": {"Authorization": f"Bearer {token}"}}

    before = sandbox.post(CONVERSION_URL, **conversion)
    revoked = sandbox.post(f"/partnerstack/tokens/{number}/revoke")
    after = sandbox.post(CONVERSION_URL, **conversion)

    assert (revoked.status_code, revoked.headers["Location"]) == (303, "/partnerstack/tokens")
    assert (before.status_code, after.status_code) == (200, 401)
    assert "Production &lt;server&gt;" in page
    assert token not in sandbox.get("/partnerstack/tokens").text


def test_a_script_can_issue_a_token(sandbox: SandboxClient) -> None:
    answer = sandbox.post("/partnerstack/tokens", json={"label": "CI"})

    issued = answer.json()
    headers = {"Authorization": f"Bearer {issued['token']}"}
    assert (answer.status_code, issued["label"]) == (201, "CI")
    assert (
        sandbox.post(CONVERSION_URL, json={"xid": "x", "customer_key": "c"}, headers=headers).status_code
        == 200
    )

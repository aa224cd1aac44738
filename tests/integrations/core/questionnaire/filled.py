"""A made-up GET vendor and a made-up batch vendor, as their teams fill in the questionnaire."""

GET = {
    "name": "Pixelry",
    "about": "Counts orders by pixel.",
    "method": "GET",
    "url": "https://px.pixelry.example/p.gif",
    "auth": "query",
    "auth_name": "api_key",
    "identifiers": [
        {"identifier": "click_id", "parameter": "cid", "form": "raw"},
        {"identifier": "email", "parameter": "em", "form": "sha256"},
    ],
    "click_id_parameter": "pxid",
    "events": [
        {"event": "Order Completed", "name": "purchase", "required": "oid"},
        {"event": "page", "name": "view"},
    ],
    "event_parameter": "e",
    "parameters": [
        {"parameter": "oid", "value": "order_id", "form": "text"},
        {"parameter": "amount", "value": "revenue", "form": "decimal"},
    ],
    "products": [{"parameter": "ids", "value": "product_id"}, {"parameter": "prices", "value": "price"}],
    "dedup_parameter": "mid",
}
BATCH = {
    "name": "Batchery",
    "about": "Takes events by the hundred.",
    "method": "POST",
    "url": "https://api.batchery.example/v2/events",
    "batch_size": "100",
    "batch_field": "events",
    "auth": "bearer",
    "identifiers": [
        {"identifier": "user_id", "parameter": "uid", "form": "raw"},
        {"identifier": "ip", "parameter": "ip", "form": "raw"},
    ],
    "events": [{"event": "Order Completed", "name": "order"}, {"event": "Lead", "name": "lead"}],
    "event_parameter": "type",
    "parameters": [{"parameter": "time", "value": "timestamp", "form": "unix_s", "required": "on"}],
    "products_field": "items",
    "products": [{"parameter": "sku", "value": "product_id"}, {"parameter": "price", "value": "price"}],
    "reason_field": "error.message",
}
